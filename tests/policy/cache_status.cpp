#include "policy/cache_status.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

std::string text(const CacheStatus& status) {
    std::string out = "before ";
    append(out, status);
    return out;
}

// RFC 9211 section 2.
TEST(CacheStatus, IsOneMemberWithParameters) {
    EXPECT_EQ(text({.hit = true, .ttl = 123}), "before larder; hit; ttl=123");
    EXPECT_EQ(text({.hit = true, .ttl = -5}), "before larder; hit; ttl=-5");
    EXPECT_EQ(text({.hit = true, .ttl = INT64_MIN}), "before larder; hit; ttl=-9223372036854775808");
    EXPECT_EQ(text({.forward = Forward::uri_miss}), "before larder; fwd=uri-miss");
    EXPECT_EQ(text({.forward = Forward::stale, .forward_status = 304, .ttl = 9, .stored = true, .collapsed = true}),
              "before larder; fwd=stale; fwd-status=304; ttl=9; stored; collapsed");
    EXPECT_EQ(text({}), "before larder");
}

TEST(CacheStatus, HitAndForwardExcludeEachOther) {
    EXPECT_EQ(text({.hit = true, .forward = Forward::miss, .forward_status = 200}), "before larder; hit");
}

TEST(CacheStatus, KeyAndDetailCannotBreakOut) {
    EXPECT_EQ(text({.hit = true, .key = "http://a/b?c=\"\\", .detail = "L1 default"}),
              "before larder; hit; key=\"http://a/b?c=\\\"\\\\\"; detail=\"L1 default\"");
    EXPECT_EQ(text({.hit = true, .key = "a\r\nX: y\x7f\xe5"}), "before larder; hit; key=\"a%0D%0AX: y%7F%E5\"");
}

TEST(CacheStatus, ForwardReasonsAreThoseOfRfc9211) {
    const std::pair<Forward, const char*> words[] = {
        {Forward::bypass, "bypass"}, {Forward::method, "method"},   {Forward::uri_miss, "uri-miss"},
        {Forward::miss, "miss"},     {Forward::request, "request"}, {Forward::vary_miss, "vary-miss"},
        {Forward::stale, "stale"},   {Forward::partial, "partial"}, {Forward::none, ""},
    };
    for (const auto& [forward, expected] : words) EXPECT_STREQ(word(forward), expected);
}

}  // namespace
}  // namespace larder::policy
