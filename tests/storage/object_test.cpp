#include "storage/object.h"

#include <gtest/gtest.h>

#include "storage/charge.h"
#include "storage/layer.h"
#include "tests/pieces.h"

namespace larder::storage {
namespace {

TEST(Lifetime, FreshUntilIsTheFirstSecondThatIsNotFresh) {
    struct {
        const char* id;
        Seconds initial_age, freshness;
    } const cases[] = {{"young", 0, 60}, {"came with an Age", 20, 60}, {"stale on arrival", 60, 60}};
    for (const auto& c : cases) {
        const Lifetime lifetime{.response_time = 1000, .initial_age = c.initial_age, .freshness = c.freshness};
        EXPECT_FALSE(lifetime.fresh(lifetime.fresh_until())) << c.id;
        EXPECT_EQ(lifetime.fresh(lifetime.fresh_until() - 1), c.initial_age < c.freshness) << c.id;
    }
}

TEST(Object, IsUsefulAsLongAsAnyUseIsAllowed) {
    struct {
        const char* id;
        const char* section;
        Seconds keep, while_revalidate, if_error;
        bool validator, must_revalidate;
        UnixTime expected;
    } const cases[] = {
        {"fresh only", "RFC 9111 4.2", 0, 0, 0, false, false, 1060},
        {"kept for revalidation", "RFC 9111 4.3.1", 300, 0, 0, true, false, 1360},
        {"nothing to revalidate with", "RFC 9111 4.3.1", 300, 0, 0, false, false, 1060},
        {"stale while it is refreshed", "RFC 5861 3", 0, 30, 0, false, false, 1090},
        {"stale if the origin fails", "RFC 5861 4", 0, 30, 600, false, false, 1660},
        {"the longest counts", "RFC 5861 4", 900, 30, 600, true, false, 1960},
        {"no stale use", "RFC 9111 4.2.4", 0, 30, 600, false, true, 1060},
        {"no stale use, but kept", "RFC 9111 4.2.4", 100, 30, 600, true, true, 1160},
    };
    for (const auto& c : cases) {
        Object object;
        object.lifetime = {.response_time = 1000,
                           .freshness = 60,
                           .stale_while_revalidate = c.while_revalidate,
                           .stale_if_error = c.if_error,
                           .keep = c.keep,
                           .must_revalidate = c.must_revalidate};
        if (c.validator) object.last_modified = 1;
        EXPECT_EQ(object.useful_until(), c.expected) << c.id << ", " << c.section;
    }
}

TEST(Object, ChargeCountsEveryByteItOwns) {
    Object object;
    std::size_t before = object.charge();
    EXPECT_GE(before, sizeof(Object));
    const auto grew_by_at_least = [&](std::size_t bytes) {
        const std::size_t after = object.charge();
        const bool grew = after >= before + bytes && after <= before + bytes + 160;
        before = after;
        return grew;
    };
    const std::string text(1000, 'x');
    for (std::string* member :
         {&object.fields, &object.etag, &object.strategy_name, &object.resource_type, &object.resource_id}) {
        *member = text;
        EXPECT_TRUE(grew_by_at_least(text.size()));
    }
    object.tags = {text};
    EXPECT_TRUE(grew_by_at_least(text.size() + sizeof(std::string)));
    object.vary.push_back({text, text});
    EXPECT_TRUE(grew_by_at_least(2 * text.size() + sizeof(VaryField)));
    auto body = std::make_shared<Body>();
    body->pieces.emplace_back(test_account(), 5000);
    object.body = body;
    EXPECT_TRUE(grew_by_at_least(sizeof(Body) + sizeof(Body::Piece) + 5000));
    EXPECT_EQ(Object().charge() + body->charge(), [&] {
        Object bare;
        bare.body = body;
        return bare.charge();
    }());
}

TEST(Charge, ABlockHasAHeaderAndAUnitAndALeastSize) {
    struct {
        std::size_t bytes, expected;
    } const cases[] = {{0, 0}, {1, 32}, {24, 32}, {25, 48}, {40, 48}, {41, 64}, {1000, 1008}, {128 * 1024, 33 * 4096}};
    for (const auto& c : cases) EXPECT_EQ(block_charge(c.bytes), c.expected) << c.bytes;
}

TEST(Key, TheHashDependsOnEveryByteAndOnTheSeed) {
    const std::string text = "http://api.example.com/api/workouts/42?page=2";
    const KeyHash hash = hash_key(text, 1);
    EXPECT_EQ(hash, hash_key(text, 1));
    EXPECT_NE(hash, hash_key(text, 2));
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = static_cast<char>(other[i] ^ 1);
        EXPECT_NE(hash.high, hash_key(other, 1).high) << i;
        EXPECT_NE(hash.low, hash_key(other, 1).low) << i;
    }
    EXPECT_NE(hash_key("", 1), hash_key(std::string_view("\0", 1), 1));
}

TEST(Stored, EveryOutcomeHasAWord) {
    EXPECT_STREQ(word(Stored::yes), "yes");
    EXPECT_STREQ(word(Stored::invalidated), "invalidated");
    EXPECT_STREQ(word(Stored::too_large), "too_large");
    EXPECT_STREQ(word(Stored::superseded), "superseded");
    EXPECT_STREQ(word(Stored::failed), "failed");
}

}  // namespace
}  // namespace larder::storage
