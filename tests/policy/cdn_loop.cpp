#include "policy/cdn_loop.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

TEST(CdnLoop, FindsANameInAnyPlace) {
    for (const char* fields :
         {"CDN-Loop: me", "cdn-loop: a, me", "CDN-Loop: a;x=\"me, b\", ME ;y", "CDN-Loop: a\nCDN-Loop: me;z=1"}) {
        EXPECT_TRUE(has_passed(fields_of(fields), "me")) << fields;
    }
    for (const char* fields :
         {"X: me", "CDN-Loop: men", "CDN-Loop: a;x=\"b, me\"", "CDN-Loop: a;me", "CDN-Loop:", "Via: me"}) {
        EXPECT_FALSE(has_passed(fields_of(fields), "me")) << fields;
    }
}

}  // namespace
}  // namespace larder::policy
