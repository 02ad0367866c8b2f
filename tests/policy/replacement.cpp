#include "policy/replacement.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

storage::Object response(int status, std::vector<storage::VaryField> vary = {}) {
    storage::Object object;
    object.status = status;
    object.vary = std::move(vary);
    object.lifetime.response_time = test_time;
    object.lifetime.freshness = 10;
    object.lifetime.stale_if_error = 20;
    return object;
}

constexpr UnixTime fresh = test_time + 5, stale = test_time + 15, spent = test_time + 35;

TEST(Replacement, WhatIsFreshOrMayAnswerForAFailingOriginIsUsable) {
    storage::Object object = response(200);
    EXPECT_TRUE(is_usable(object, fresh));
    EXPECT_TRUE(is_usable(object, stale));
    EXPECT_FALSE(is_usable(object, spent));
    object.lifetime.invalidated = true;
    EXPECT_TRUE(is_usable(object, fresh));
    object.lifetime.must_revalidate = true;
    EXPECT_FALSE(is_usable(object, fresh));
    object.lifetime.invalidated = false;
    EXPECT_TRUE(is_usable(object, fresh));
    EXPECT_FALSE(is_usable(object, stale));
}

TEST(Replacement, AnErrorTakesTheWayOfNoUsableResponse) {
    for (const int error : {400, 401, 403, 405, 422, 499, 500, 502, 503, 504, 599}) {
        EXPECT_TRUE(displaces_usable(response(error), response(200), fresh)) << error;
        EXPECT_TRUE(displaces_usable(response(error), response(203), stale)) << error;
        EXPECT_FALSE(displaces_usable(response(error), response(200), spent)) << error;
        EXPECT_FALSE(displaces_usable(response(error), response(404), fresh)) << error;
    }
    for (const int fine : {200, 301, 302}) EXPECT_FALSE(displaces_usable(response(fine), response(200), fresh)) << fine;
}

TEST(Replacement, WhatIsGoneEndsWhatIsStale) {
    for (const int gone : {404, 410}) {
        EXPECT_TRUE(displaces_usable(response(gone), response(200), fresh)) << gone;
        EXPECT_FALSE(displaces_usable(response(gone), response(200), stale)) << gone;
        EXPECT_FALSE(ends_validated(gone, response(200), fresh)) << gone;
        EXPECT_TRUE(ends_validated(gone, response(200), stale)) << gone;
    }
}

TEST(Replacement, VariantsOfOtherRequestsAreNotInTheWay) {
    const storage::VaryField german{"accept-language", "de"}, french{"accept-language", "fr"},
        gzip{"accept-encoding", "gzip"};
    EXPECT_FALSE(displaces_usable(response(403, {french}), response(200, {german}), fresh));
    EXPECT_FALSE(displaces_usable(response(403, {gzip, french}), response(200, {german, gzip}), fresh));
    EXPECT_TRUE(displaces_usable(response(403, {french}), response(200, {gzip}), fresh));
    EXPECT_TRUE(displaces_usable(response(403), response(200, {german}), fresh));
    EXPECT_TRUE(displaces_usable(response(403, {german}), response(200), fresh));
}

TEST(Replacement, WhatIsNotStoredEndsOnlyWhatIsOfNoUse) {
    for (const int status : {200, 204, 301, 302}) {
        EXPECT_FALSE(ends_validated(status, response(200), fresh)) << status;
        EXPECT_FALSE(ends_validated(status, response(200), stale)) << status;
        EXPECT_TRUE(ends_validated(status, response(200), spent)) << status;
    }
    for (const int error : {400, 403, 500, 503}) EXPECT_FALSE(ends_validated(error, response(200), spent)) << error;
}

}  // namespace
}  // namespace larder::policy
