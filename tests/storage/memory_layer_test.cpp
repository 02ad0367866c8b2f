#include "storage/memory/memory_layer.h"

#include <gtest/gtest.h>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

const std::string url = "http://a.example/x";

TEST(MemoryLayer, AbsenceIsNull) {
    Cache cache;
    EXPECT_FALSE(cache.has(url));
    cache.put(url);
    EXPECT_TRUE(cache.has(url));
    EXPECT_FALSE(cache.has(url + "y"));
}

TEST(MemoryLayer, TheSameVaryReplacesAndAnotherStandsBeside) {
    Cache cache;
    cache.put(url, {.content = "one", .ticket = 1, .vary = language("de")});
    cache.put(url, {.content = "two", .ticket = 2, .vary = language("fr")});
    EXPECT_EQ(cache.contents(url), "two|one");
    cache.put(url, {.content = "three", .ticket = 3, .vary = language("de")});
    EXPECT_EQ(cache.contents(url), "three|two");
    EXPECT_EQ(cache.objects(), 2u);
}

TEST(MemoryLayer, AnAbsentVaryFieldDiffersFromAnEmptyOne) {
    Cache cache;
    cache.put(url, {.content = "absent", .vary = {{"accept-language", std::nullopt}}});
    cache.put(url, {.content = "empty", .vary = language("")});
    EXPECT_EQ(cache.contents(url), "empty|absent");
}

TEST(MemoryLayer, TheLeastRecentlyStoredVariantGoesWhenThereAreTooMany) {
    Cache cache;
    std::uint64_t ticket = 0;
    for (const char* name : {"a", "b", "c"}) {
        cache.put(url, {.content = name, .ticket = ++ticket, .vary = language(name)}, 3);
    }
    cache.put(url, {.content = "a2", .ticket = ++ticket, .vary = language("a")}, 3);
    cache.put(url, {.content = "d", .ticket = ++ticket, .vary = language("d")}, 3);
    EXPECT_EQ(cache.contents(url), "d|a2|c");
    EXPECT_EQ(cache.objects(), 3u);
}

// Of two fetches of one key, the one that began later wins, in whatever order they end.
TEST(MemoryLayer, AFetchThatBeganEarlierDoesNotReplaceOneThatBeganLater) {
    Cache cache;
    EXPECT_EQ(cache.put(url, {.content = "later", .ticket = 7}), Stored::yes);
    EXPECT_EQ(cache.put(url, {.content = "earlier", .ticket = 6}), Stored::superseded);
    EXPECT_EQ(cache.put(url, {.content = "other variant", .ticket = 6, .vary = language("de")}), Stored::yes);
    EXPECT_EQ(cache.contents(url), "other variant|later");
}

TEST(MemoryLayer, TheSameResponseFromASlowerLayerDoesNotUndoItsSoftInvalidation) {
    Cache cache;
    cache.put(url, {.ticket = 5});
    cache.erase(Pick::all(), Erasure::soft);
    EXPECT_EQ(cache.put(url, {.ticket = 5}), Stored::superseded);
    EXPECT_TRUE(cache.get(url)->variants[0]->lifetime.invalidated);
    EXPECT_EQ(cache.put(url, {.ticket = 6}), Stored::yes);
    EXPECT_FALSE(cache.get(url)->variants[0]->lifetime.invalidated);
}

TEST(MemoryLayer, WhatAReaderHoldsDoesNotChange) {
    Cache cache;
    cache.put(url, {.content = "old", .ticket = 1});
    const VariantSetPtr held = cache.get(url);
    cache.put(url, {.content = "new", .ticket = 2});
    EXPECT_EQ(content_of(*held->variants.at(0)), "old");
    cache.erase(Pick::all(), Erasure::soft);
    cache.erase(Pick::all());
    EXPECT_EQ(held->variants.size(), 1u);
    EXPECT_FALSE(held->variants[0]->lifetime.invalidated);
    EXPECT_EQ(content_of(*held->variants[0]), "old");
}

TEST(MemoryLayer, TheGateRefusesWhatWasInvalidatedAfterItsFetchBegan) {
    Cache cache;
    Invalidations gate;
    const Key key(url);
    const std::uint64_t before = gate.begin();
    cache.erase(*gate.enter(Pick::one(key)));
    const std::uint64_t after = gate.begin();
    EXPECT_EQ(cache.layer.insert(key.view, make({.ticket = before}), gate, now), Stored::invalidated);
    EXPECT_FALSE(cache.has(url));
    EXPECT_EQ(cache.layer.insert(key.view, make({.ticket = after}), gate, now), Stored::yes);
    EXPECT_TRUE(cache.has(url));
}

TEST(MemoryLayer, WhatIsAskedForOnceDoesNotDisplaceTheVariantInUse) {
    Cache cache;
    std::uint64_t ticket = 0;
    cache.put(url, {.content = "used", .ticket = ++ticket, .vary = language("used")}, 4);
    cache.get(url)->variants.back()->uses.add();
    for (int i = 0; i < 20; ++i) {
        const std::string name = std::to_string(i);
        cache.put(url, {.content = name, .ticket = ++ticket, .vary = language(name)}, 4);
    }
    EXPECT_EQ(cache.contents(url), "19|18|17|used");
    EXPECT_EQ(cache.objects(), 4u);
}

TEST(MemoryLayer, AVariantStoredAnewKeepsHalfOfItsUses) {
    Cache cache;
    cache.put(url, {.content = "used", .ticket = 1, .vary = language("used")}, 2);
    cache.get(url)->variants.front()->uses.add(10);
    cache.put(url, {.content = "used again", .ticket = 2, .vary = language("used")}, 2);
    EXPECT_EQ(cache.get(url)->variants.front()->uses.value(), 5u);
    cache.put(url, {.content = "a", .ticket = 3, .vary = language("a")}, 2);
    cache.put(url, {.content = "b", .ticket = 4, .vary = language("b")}, 2);
    EXPECT_EQ(cache.contents(url), "b|used again");
}

TEST(MemoryLayer, RefreshReplacesExactlyThatVariant) {
    Cache cache;
    cache.put(url, {.content = "de", .ticket = 1, .vary = language("de")});
    cache.put(url, {.content = "fr", .ticket = 2, .vary = language("fr")});
    const ObjectPtr old_one = cache.get(url)->variants.at(1);
    auto next = std::make_shared<Object>(*old_one);
    next->ticket = 3;
    next->lifetime.freshness = 999;
    const std::uint64_t bytes = cache.bytes();
    EXPECT_EQ(cache.layer.refresh(Key(url).view, old_one.get(), next, open_permit, now), Stored::yes);
    EXPECT_EQ(cache.contents(url), "de|fr");
    EXPECT_EQ(cache.get(url)->variants[0]->lifetime.freshness, 999);
    EXPECT_EQ(cache.get(url)->variants[0]->body, old_one->body);
    EXPECT_LE(cache.bytes(), bytes);
}

TEST(MemoryLayer, RefreshOfWhatIsGoneOrReplacedIsSuperseded) {
    Cache cache;
    const Key key(url);
    const auto refresh = [&](const ObjectPtr& old_one) {
        auto next = std::make_shared<Object>(*old_one);
        next->ticket = 9;
        return cache.layer.refresh(key.view, old_one.get(), next, open_permit, now);
    };
    cache.put(url, {.ticket = 1});
    const ObjectPtr first = cache.get(url)->variants[0];
    cache.put(url, {.content = "second", .ticket = 2});
    EXPECT_EQ(refresh(first), Stored::superseded);
    EXPECT_EQ(cache.contents(url), "second");
    const ObjectPtr second = cache.get(url)->variants[0];
    cache.erase(Pick::all());
    EXPECT_EQ(refresh(second), Stored::superseded);
    EXPECT_FALSE(cache.has(url));
    EXPECT_EQ(cache.bytes(), 0u);
}

TEST(MemoryLayer, RefreshAfterAPurgeIsRefused) {
    Cache cache;
    Invalidations gate;
    const Key key(url);
    cache.layer.insert(key.view, make({.ticket = gate.begin()}), gate, now);
    const ObjectPtr old_one = cache.get(url)->variants[0];
    auto next = std::make_shared<Object>(*old_one);
    next->ticket = gate.begin();  // the conditional request leaves
    for (const Erasure erasure : {Erasure::soft, Erasure::hard}) {
        cache.erase(*gate.enter(Pick::one(key)), erasure);
        EXPECT_EQ(cache.layer.refresh(key.view, old_one.get(), next, gate, now), Stored::invalidated);
    }
    EXPECT_FALSE(cache.has(url));
}

TEST(MemoryLayer, ARefreshThatSharesTheBodyNeedsNoRoomForIt) {
    Cache cache(1 * config::MiB);
    ASSERT_EQ(cache.put(url, {.content = std::string(700'000, 'x')}), Stored::yes);
    cache.put(url + "2");
    const ObjectPtr old_one = cache.get(url)->variants[0];
    auto next = std::make_shared<Object>(*old_one);
    next->ticket = 2;
    EXPECT_EQ(cache.layer.refresh(Key(url).view, old_one.get(), next, open_permit, now), Stored::yes);
    EXPECT_EQ(cache.layer.stats().evictions, 0u);
    EXPECT_EQ(cache.get(url)->variants[0], next);
}

// With a hash of eight bits every key meets another, and still gets its own body or none.
TEST(MemoryLayer, KeysOfOneHashNeverAnswerForEachOther) {
    Cache cache;
    std::vector<std::unique_ptr<Key>> keys;
    for (int i = 0; i < 1000; ++i) {
        keys.push_back(std::make_unique<Key>("http://a.example/" + std::to_string(i)));
        keys.back()->view.hash = {0, keys.back()->view.hash.low & 0xff};
        cache.layer.insert(keys.back()->view, make({.content = keys.back()->text}), open_permit, now);
        ASSERT_NE(cache.layer.find(keys.back()->view, now), nullptr);
    }
    int found = 0;
    for (const auto& key : keys) {
        const VariantSetPtr set = cache.layer.find(key->view, now);
        if (!set) continue;
        ++found;
        EXPECT_EQ(content_of(*set->variants.at(0)), key->text);
    }
    EXPECT_EQ(found, static_cast<int>(cache.objects()));
    EXPECT_GT(found, 200);
    EXPECT_LE(found, 256);
}

TEST(MemoryLayer, AnEntryCountsItsUse) {
    Cache cache;
    const Key key(url);
    EXPECT_EQ(cache.layer.use(key.view), std::nullopt);
    cache.layer.count_miss(key.view, now);
    EXPECT_EQ(cache.layer.use(key.view), std::nullopt);
    cache.put(url, {.ticket = 1});
    EXPECT_EQ(cache.layer.use(key.view)->created_at, now);
    EXPECT_EQ(cache.layer.use(key.view)->last_accessed, 0);
    cache.layer.find(key.view, now + 5);
    cache.layer.find(key.view, now + 6);
    cache.layer.count_miss(key.view, now + 7);
    cache.put(url, {.ticket = 2});
    EXPECT_EQ(cache.layer.use(key.view)->hit_count, 2u);
    EXPECT_EQ(cache.layer.use(key.view)->miss_count, 1u);
    EXPECT_EQ(cache.layer.use(key.view)->last_accessed, now + 7);
    EXPECT_EQ(cache.layer.use(key.view)->created_at, now);
}

}  // namespace
}  // namespace larder::storage
