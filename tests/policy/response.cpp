#include "policy/response.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

ResponseDirectives effective(std::string_view text, const Rules& rules) {
    return effective_directives(fields_of(text), rules);
}

TEST(Response, QualifiedDirectivesAreUnqualifiedUnlessTheStrategySaysOtherwise) {
    const char* text = "Cache-Control: no-cache=\"a\", private=\"b\"";
    EXPECT_TRUE(effective(text, {}).no_cache);
    EXPECT_TRUE(effective(text, {}).is_private);
    Rules rules;
    rules.configuration.qualified_directives = true;
    EXPECT_FALSE(effective(text, rules).no_cache);
    EXPECT_FALSE(effective(text, rules).is_private);
    EXPECT_EQ(effective(text, rules).private_fields, std::vector<std::string>{"b"});
}

TEST(Response, LiftedDirectivesAreNotSeen) {
    Rules rules;
    rules.configuration.lift = {"no-store"};
    EXPECT_FALSE(effective("Cache-Control: no-store, private", rules).no_store);
    EXPECT_TRUE(effective("Cache-Control: no-store, private", rules).is_private);
    rules.configuration.lift = {"private"};
    EXPECT_TRUE(effective("Cache-Control: no-store, private", rules).no_store);
    EXPECT_FALSE(effective("Cache-Control: no-store, private=\"x\"", rules).is_private);
}

TEST(Response, DateIsTheTimeOfReceiptWhereItIsMissingOrInvalid) {
    const Fields dated = fields_of("Date: Tue, 14 Nov 2023 22:12:20 GMT"), invalid = fields_of("Date: 5"), none;
    EXPECT_EQ(date_of({200, dated, 0, test_time}), test_time - 60);
    EXPECT_EQ(date_of({200, invalid, 0, test_time}), test_time);
    EXPECT_EQ(date_of({200, none, 0, test_time}), test_time);
}

TEST(Response, ValidatorIsAnETagOrAValidLastModified) {
    const Fields etag = fields_of("ETag: \"a\""), empty = fields_of("ETag:"), bad = fields_of("Last-Modified: 0");
    const Fields modified = fields_of("Last-Modified: Tue, 14 Nov 2023 22:12:20 GMT");
    EXPECT_TRUE(has_validator({200, etag, 0, test_time}));
    EXPECT_TRUE(has_validator({200, modified, 0, test_time}));
    EXPECT_FALSE(has_validator({200, empty, 0, test_time}));
    EXPECT_FALSE(has_validator({200, bad, 0, test_time}));
}

}  // namespace
}  // namespace larder::policy
