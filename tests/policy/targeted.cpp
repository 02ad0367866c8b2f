#include "policy/targeted.h"

#include <gtest/gtest.h>

#include "policy/freshness.h"
#include "policy/storable.h"
#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

const std::vector<std::string> targets = {"Larder-Cache-Control", "CDN-Cache-Control"};

std::optional<ResponseDirectives> directives(std::string_view fields) {
    return targeted_directives(fields_of(fields), targets);
}

TEST(Targeted, TheFirstThatIsThereAndValidCounts) {
    EXPECT_EQ(directives("CDN-Cache-Control: max-age=5\nLarder-Cache-Control: max-age=7")->max_age, 7);
    EXPECT_EQ(directives("CDN-Cache-Control: max-age=5\nLarder-Cache-Control: MAX-AGE=7")->max_age, 5);
    EXPECT_EQ(directives("CDN-Cache-Control: max-age=5\nLarder-Cache-Control:")->max_age, 5);
    EXPECT_FALSE(directives("Cache-Control: max-age=5"));
    EXPECT_FALSE(directives("CDN-Cache-Control: max-age=5,"));
    EXPECT_FALSE(directives("Surrogate-Control: max-age=5"));
}

TEST(Targeted, LinesAreOneList) {
    const auto found = directives("CDN-Cache-Control: max-age=5\nCDN-Cache-Control: must-revalidate, max-age=6");
    EXPECT_EQ(found->max_age, 6);
    EXPECT_TRUE(found->must_revalidate);
}

// Section 2.1 of RFC 9213.
TEST(Targeted, AValueOfTheWrongTypeGrantsNothing) {
    for (const char* wrong : {"\"5\"", "5.0", "five", "?1", "(5)"}) {
        EXPECT_FALSE(directives(std::string("CDN-Cache-Control: no-cache, max-age=") + wrong)->max_age) << wrong;
    }
    EXPECT_EQ(directives("CDN-Cache-Control: max-age=-5")->max_age, 0);
    EXPECT_EQ(directives("CDN-Cache-Control: max-age=99999999999")->max_age, std::int64_t{1} << 31);
    EXPECT_FALSE(directives("CDN-Cache-Control: public=1, max-age=1")->is_public);
    EXPECT_TRUE(directives("CDN-Cache-Control: no-store=1")->no_store);
    EXPECT_FALSE(directives("CDN-Cache-Control: no-store=?0, max-age=1")->no_store);
}

TEST(Targeted, FieldNamesOfPrivateAndNoCache) {
    const auto found = directives("CDN-Cache-Control: private=\"A, b\", no-cache");
    EXPECT_EQ(found->private_fields, (std::vector<std::string>{"a", "b"}));
    EXPECT_FALSE(found->is_private);
    EXPECT_TRUE(found->no_cache);
    EXPECT_TRUE(directives("CDN-Cache-Control: private=\"not a name\"")->is_private);
    EXPECT_TRUE(directives("CDN-Cache-Control: private=5")->is_private);
}

TEST(Targeted, CountsOnlyIfItHoldsACachingDirective) {
    for (const char* nothing : {"content=\"ESI/1.0\"", "foo", "foo, bar=1", "max-age=five", "no-store=?0", "public=1",
                                "immutable", "max-age=1.5, foo"}) {
        EXPECT_FALSE(directives(std::string("CDN-Cache-Control: ") + nothing)) << nothing;
        EXPECT_EQ(
            directives(std::string("Larder-Cache-Control: ") + nothing + "\nCDN-Cache-Control: max-age=5")->max_age, 5)
            << nothing;
    }
    for (const char* something : {"content=\"ESI/1.0\", max-age=60", "foo, no-store", "private=\"a\"", "public",
                                  "must-understand", "stale-if-error=0", "max-age=five, no-cache"}) {
        EXPECT_TRUE(directives(std::string("CDN-Cache-Control: ") + something)) << something;
    }
}

TEST(Targeted, OneThatIsTooLongForbidsStoring) {
    std::string many = "CDN-Cache-Control: max-age=9";
    for (int i = 0; i < 20'000; ++i) many += ",a" + std::to_string(i);
    EXPECT_TRUE(directives(many)->malformed);
    EXPECT_EQ(directives("Larder-Cache-Control: max-age=7\n" + many)->max_age, 7);
    const std::string both = many + "\nCache-Control: public, max-age=60";
    const Fields request_fields, response_fields = fields_of(both);
    EXPECT_EQ(storable({"GET", request_fields}, {200, response_fields, test_time, test_time}, Rules()),
              StoreVerdict::malformed_cache_control);
}

TEST(Targeted, NothingIsGuessedWhereItDisplacedARestriction) {
    const auto freshness_of = [](std::string_view cache_control, const Rules& rules) {
        const std::string text =
            "CDN-Cache-Control: public\nETag: \"a\"\nLast-Modified: Mon, 13 Nov 2023 22:13:20 GMT\n";
        const std::string all = text + std::string(cache_control);
        const Fields request, response = fields_of(all);
        return lifetime({"GET", request}, {200, response, test_time, test_time}, rules).freshness;
    };
    Rules by_strategy;
    by_strategy.configuration.ttl_mode = config::TtlMode::fallback;
    for (const char* restriction :
         {"private", "no-store", "no-cache", "private=\"a\"", "no-cache=\"b\", max-age=60", "max-age=60, private"}) {
        const std::string field = std::string("Cache-Control: ") + restriction;
        EXPECT_EQ(freshness_of(field, Rules()), 0) << restriction;
        EXPECT_EQ(freshness_of(field, by_strategy), 0) << restriction;
    }
    EXPECT_EQ(freshness_of("Cache-Control: max-age=5", Rules()), 8640);
    EXPECT_EQ(freshness_of("X: y", by_strategy), 60);
    Rules lifting;
    lifting.configuration.lift = {"private"};
    EXPECT_EQ(freshness_of("Cache-Control: private", lifting), 8640);
}

struct Case {
    const char* fields;
    std::optional<storage::Seconds> freshness;  // nullopt: not stored
};

TEST(Targeted, StandsInThePlaceOfCacheControlAndExpires) {
    const Case cases[] = {
        {"CDN-Cache-Control: max-age=10\nCache-Control: no-store", 10},
        {"CDN-Cache-Control: max-age=10\nCache-Control: private, max-age=99\nExpires: 0", 10},
        {"CDN-Cache-Control: no-store\nCache-Control: max-age=10", std::nullopt},
        {"CDN-Cache-Control: max-age=0\nETag: \"a\"\nExpires: Wed, 15 Nov 2023 00:00:00 GMT", 0},
        {"CDN-Cache-Control: public\nETag: \"a\"\nExpires: Wed, 15 Nov 2023 00:00:00 GMT", 0},
        {"CDN-Cache-Control: !\nCache-Control: max-age=10", 10},
        {"CDN-Cache-Control: foo\nCache-Control: private, max-age=10", std::nullopt},
        {"Surrogate-Control: content=\"ESI/1.0\"\nCache-Control: no-store", std::nullopt},
        {"Surrogate-Control: content=\"ESI/1.0\"\nCache-Control: max-age=10", 10},
        {"Surrogate-Control: max-age=10\nCache-Control: no-store", 10},
    };
    for (const Case& test : cases) {
        const Fields response_fields = fields_of(test.fields);
        const Fields request_fields;
        const Request request{"GET", request_fields};
        const Response response{200, response_fields, test_time, test_time};
        const Rules rules;
        const bool stored = storable(request, response, rules) == StoreVerdict::storable;
        EXPECT_EQ(stored, test.freshness.has_value()) << test.fields;
        if (!stored || !test.freshness) continue;
        EXPECT_EQ(lifetime(request, response, rules).freshness, *test.freshness) << test.fields;
    }
}

TEST(Targeted, OperatorsChooseTheFields) {
    Rules rules;
    rules.configuration.cache_control_targets = {};
    const Fields response = fields_of("CDN-Cache-Control: max-age=10\nCache-Control: max-age=99");
    EXPECT_EQ(effective_directives(response, rules).max_age, 99);
    rules.configuration.cache_control_targets = {"Edge-Control", "CDN-Cache-Control"};
    EXPECT_EQ(effective_directives(response, rules).max_age, 10);
}

}  // namespace
}  // namespace larder::policy
