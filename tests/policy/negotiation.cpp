#include "policy/negotiation.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

using List = std::vector<std::string>;

std::string encodings(std::string_view value, const List& offered = {}) {
    std::string out = "stale";
    return canonical_encodings(out, value, offered) ? out : "as it is";
}

std::string languages(std::string_view value, const List& offered = {}) {
    std::string out = "stale";
    return canonical_languages(out, value, offered) ? out : "as it is";
}

TEST(Negotiation, ValuesThatAskForTheSameAreTheSame) {
    for (const char* value :
         {"br, gzip;q=0.5", "gzip;q=0.5,br", "GZIP ; Q=0.50 , br;q=1.000", " br;q=1. ,, x-gzip;q=0.5"}) {
        EXPECT_EQ(encodings(value), "br, gzip;q=0.5") << value;
    }
    EXPECT_EQ(encodings("gzip, deflate, br, zstd"), encodings("zstd, br, deflate, gzip"));
    EXPECT_EQ(encodings("identity;q=0, *;q=0.001"), "*;q=0.001, identity;q=0");
    EXPECT_EQ(encodings(""), "");
    EXPECT_EQ(languages("de, en"), "de, en");
    EXPECT_EQ(languages("en , DE"), "de, en");
    EXPECT_EQ(languages("fr;q=0.5, de-CH;q=1.0, *;q=0.1"), "de-ch, fr;q=0.5, *;q=0.1");
}

TEST(Negotiation, CodingsThatNobodyKnowsMeanNothing) {
    EXPECT_EQ(encodings("junk1, gzip, x-junk;q=0.3, br;q=0.5"), encodings("br;q=0.5, gzip"));
    EXPECT_EQ(encodings("gzip, Zstd, x-compress, DCB, *;q=0"), "compress, dcb, gzip, zstd, *;q=0");
    for (const char* junk : {"junk", "junk2;q=0.1", "a, b", "gzipp", "junk;q=0", "identity"})
        EXPECT_EQ(encodings(junk), "identity") << junk;
    EXPECT_EQ(encodings("junk, identity;q=0"), "identity;q=0");
}

TEST(Negotiation, WhatIsNotOfTheGrammarStaysAsItIs) {
    for (const char* value :
         {"gzip;q=2", "gzip;q=0.1234", "gzip;q=", "gzip;q=1.001", "gzip;level=1", "gzip;q=0.5;x", "gz ip", "gzip, gzip",
          "gzip, GZIP;q=0", "gzip, x-gzip", "\"gzip\"", "gzip;q=-1", "gzip;q=.5"}) {
        EXPECT_EQ(encodings(value), "as it is") << value;
    }
    for (const char* value :
         {"en_US", "1en", "en-", "-en", "abcdefghi", "en-abcdefghi", "en;q=x", "e n", "**", "en-*"}) {
        EXPECT_EQ(languages(value), "as it is") << value;
    }
    std::string many = "a";
    for (int i = 0; i < 63; ++i) many += ",a-" + std::to_string(i);
    EXPECT_NE(languages(many), "as it is");
    EXPECT_EQ(languages(many + ",b"), "as it is");
}

TEST(Negotiation, EncodingsAreReducedToWhatIsOffered) {
    const List offered = {"br", "gzip"};
    EXPECT_EQ(encodings("gzip, deflate, br, zstd", offered), "br, gzip");
    EXPECT_EQ(encodings("gzip;q=0.9, deflate, br;q=0.2", offered), "gzip, br;q=0.9");
    EXPECT_EQ(encodings("zstd", offered), "identity");
    EXPECT_EQ(encodings("", offered), "identity");
    EXPECT_EQ(encodings("*", offered), "br, gzip");
    EXPECT_EQ(encodings("gzip, *;q=0", offered), "gzip, identity;q=0");
    EXPECT_EQ(encodings("gzip;q=0, *", offered), "br");
    EXPECT_EQ(encodings("zstd, identity;q=0", offered), "identity;q=0");
}

TEST(Negotiation, LanguagesAreReducedToWhatIsOffered) {
    const List offered = {"en", "de", "pt-br"};
    EXPECT_EQ(languages("en-US,en;q=0.9,de;q=0.8", offered), "en, de;q=0.9");
    EXPECT_EQ(languages("en-GB", offered), "en");
    EXPECT_EQ(languages("pt", offered), "pt-br");
    EXPECT_EQ(languages("pt;q=0.1, pt-BR;q=0", offered), "");
    EXPECT_EQ(languages("fr, *;q=0.1", offered), "de, en, pt-br");
    EXPECT_EQ(languages("en;q=0, *", offered), "de, pt-br");
    EXPECT_EQ(languages("fr", offered), "");
    EXPECT_EQ(languages("de-CH;q=0.4, de;q=0.7, en;q=0.7, pt;q=0.1", offered), "de, en, pt-br;q=0.9");
    EXPECT_EQ(languages("deu", offered), "");  // no subtag of de
}

// Weights go down, but never to 0, which would refuse.
TEST(Negotiation, ManyRanksKeepTheirOrder) {
    List offered;
    std::string value;
    for (int i = 0; i < 26; ++i) {
        offered.push_back(std::string(2, static_cast<char>('a' + i)));
        value += (i ? "," : "") + offered.back() + ";q=0." + std::to_string(99 - i);
    }
    const std::string ranked = languages(value, offered);
    EXPECT_TRUE(ranked.starts_with("aa, bb;q=0.9, cc;q=0.8")) << ranked;
    EXPECT_NE(ranked.find("jj;q=0.1, kk;q=0.099, ll;q=0.098"), std::string::npos) << ranked;
    EXPECT_EQ(languages(ranked, offered), ranked);
}

TEST(Negotiation, TheFirstLanguageIsAlone) {
    EXPECT_EQ(first_language("de"), "de");
    EXPECT_EQ(first_language("de, fr;q=0.5"), "de");
    EXPECT_EQ(first_language("de;q=0.7, fr;q=0.5"), "de");
    EXPECT_EQ(first_language("de;q=0.5, fr;q=0.5"), "");
    EXPECT_EQ(first_language("de, fr"), "");
    EXPECT_EQ(first_language("*, fr;q=0.5"), "");
    EXPECT_EQ(first_language("de;q=0"), "");
    EXPECT_EQ(first_language(""), "");
}

}  // namespace
}  // namespace larder::policy
