#include "policy/key_parts.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

TEST(KeyParts, AreThoseOfTheUrlAndWhatIsBehindIt) {
    const KeyParts key("http://a.example:81/b/c?d=e?f Accept=g Cookie.h=i");
    EXPECT_EQ(key.prefix, "http://a.example:81/b/c");
    EXPECT_EQ(key.authority, "a.example:81");
    EXPECT_EQ(key.target, "/b/c?d=e?f");
    EXPECT_EQ(key.path, "/b/c");
    EXPECT_EQ(key.query, "d=e?f");
    EXPECT_EQ(key.fields, " Accept=g Cookie.h=i");
    const KeyParts plain("https://[::1]/");
    EXPECT_EQ(plain.authority, "[::1]");
    EXPECT_EQ(plain.path, "/");
    EXPECT_EQ(plain.prefix, "https://[::1]/");
    EXPECT_EQ(plain.query, "");
    EXPECT_EQ(plain.fields, "");
    EXPECT_EQ(KeyParts("no-url").authority, "");
}

TEST(KeyParts, APlainAuthorityHasNoDefaultPortOfEitherScheme) {
    for (const char* spelling : {"a", "a:80", "a:443"}) EXPECT_EQ(plain_authority(spelling), "a") << spelling;
    EXPECT_EQ(plain_authority("a:8080"), "a:8080");
    EXPECT_EQ(plain_authority("[2001:db8::80]"), "[2001:db8::80]");
    EXPECT_EQ(plain_authority("[2001:db8::80]:443"), "[2001:db8::80]");
}

}  // namespace
}  // namespace larder::policy
