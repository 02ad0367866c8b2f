#include <gtest/gtest.h>
#include <malloc.h>

#include <thread>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

using config::EvictionPolicy;

TEST(Budget, ManyTinyKeysStayWithinItUnderEveryPolicy) {
    for (const auto policy : {EvictionPolicy::lru, EvictionPolicy::lfu, EvictionPolicy::fifo, EvictionPolicy::ttl,
                              EvictionPolicy::random, EvictionPolicy::custom}) {
        const std::uint64_t max = (sanitized ? 16 : 64) * config::MiB;
        const int keys = sanitized ? 30'000 : policy == EvictionPolicy::lru ? 1'000'000 : 150'000;
        Cache cache(max, policy);
        int stored = 0;
        for (int i = 0; i < keys; ++i) {
            stored += cache.put("h:/" + std::to_string(i), {.content = "x"}) == Stored::yes ? 1 : 0;
            ASSERT_LE(cache.bytes(), max);
        }
        const LayerStats stats = cache.layer.stats();
        EXPECT_EQ(stored, keys);
        EXPECT_EQ(stats.objects + stats.evictions, static_cast<std::uint64_t>(keys)) << word(policy);
        EXPECT_GT(stats.evictions, 0u);
        EXPECT_GT(stats.bytes, max * 99 / 100);
        EXPECT_LT(stats.bytes / stats.objects, 1250u);
        cache.erase(Pick::all());
        EXPECT_EQ(cache.bytes(), 0u);
    }
}

// What malloc says is in use grows by no more than what the layer says, and by not much less.
TEST(Budget, ChargeIsTheTruth) {
    if (sanitized) GTEST_SKIP() << "the allocator is not glibc's";
    const auto in_use = [] {
        const auto info = mallinfo2();
        return info.uordblks + info.hblkhd;
    };
    struct {
        const char* id;
        std::size_t body, tags;
        int count;
    } const cases[] = {{"tiny", 1, 0, 50'000}, {"tagged", 1000, 5, 20'000}, {"large", 300'000, 1, 100}};
    for (const auto& c : cases) {
        const std::size_t before = in_use();
        Cache cache(256 * config::MiB);
        for (int i = 0; i < c.count; ++i) {
            Make wanted{.content = std::string(c.body, 'x')};
            for (std::size_t t = 0; t < c.tags; ++t) {
                wanted.tags.push_back("a tag that is not short " +
                                      std::to_string((i * 7 + static_cast<int>(t)) % 9999));
            }
            cache.put("http://a.example/some/path/" + std::to_string(i), wanted);
        }
        const double real = static_cast<double>(in_use() - before);
        const double counted = static_cast<double>(cache.bytes());
        EXPECT_LE(real, counted * 1.01) << c.id;  // the empty shards are not counted
        EXPECT_GE(real, counted * 0.8) << c.id;
    }
}

TEST(Budget, TheBytesAreTheSumOfWhatIsThere) {
    Cache cache;
    cache.put("http://a.example/1", {.content = std::string(10'000, 'x'), .tags = {"a", "b"}});
    const std::uint64_t one = cache.bytes();
    EXPECT_GT(one, 10'000u);
    cache.put("http://a.example/2", {.content = std::string(10'000, 'x'), .tags = {"c", "d"}});
    EXPECT_EQ(cache.bytes(), 2 * one);
    cache.put("http://a.example/2", {.content = std::string(10'000, 'x'), .ticket = 2, .tags = {"c", "d"}});
    EXPECT_LE(cache.bytes(), 2 * one + 32);
    cache.erase(Pick::tagged({"c"}));
    EXPECT_EQ(cache.bytes(), one);
}

TEST(Budget, WhatIsTooLargeEvictsNothing) {
    Cache cache(200 * config::MiB);
    EXPECT_EQ(cache.layer.largest(), 50 * config::MiB);
    cache.put("http://a.example/small");
    const std::uint64_t bytes = cache.bytes();
    EXPECT_EQ(cache.put("http://a.example/large", {.content = std::string(50 * config::MiB, 'x')}), Stored::too_large);
    EXPECT_EQ(cache.bytes(), bytes);
    EXPECT_EQ(cache.put("http://a.example/large", {.content = std::string(49 * config::MiB, 'x')}), Stored::yes);
    EXPECT_TRUE(cache.has("http://a.example/small"));
}

TEST(Budget, ALargeObjectTakesALittleFromEveryShard) {
    Cache cache(64 * config::MiB);
    int last = 0;
    for (; cache.layer.stats().evictions == 0; ++last) {
        cache.put("http://a.example/" + std::to_string(last), {.content = std::string(50'000, 'x')});
    }
    ASSERT_EQ(cache.put("http://a.example/large", {.content = std::string(10 * config::MiB, 'x')}), Stored::yes);
    EXPECT_TRUE(cache.has("http://a.example/large"));
    EXPECT_LE(cache.bytes(), 64 * config::MiB);
    EXPECT_NEAR(static_cast<double>(cache.layer.stats().evictions), 205, 15);
}

TEST(Budget, RefusedObjectsGiveTheirBytesBack) {
    Cache cache;
    Invalidations gate;
    const std::uint64_t ticket = gate.begin();
    gate.enter(Pick::all());
    for (int i = 0; i < 100; ++i) {
        cache.layer.insert(Key(Key("http://a.example/" + std::to_string(i)).text).view, make({.ticket = ticket}), gate,
                           now);
    }
    EXPECT_EQ(cache.bytes(), 0u);
}

// Readers that stream an entry finish with its bytes when it is evicted, and the last one frees it.
TEST(Budget, AnEvictedObjectLivesAsLongAsItsReaders) {
    Cache cache(4 * config::MiB);
    const std::string url = "http://a.example/streamed", content(300'000, 's');
    cache.put(url, {.content = content});
    std::vector<VariantSetPtr> readers(100);
    for (VariantSetPtr& reader : readers) reader = cache.get(url);
    const std::weak_ptr<const Body> body = readers[0]->variants[0]->body;
    std::thread filler([&] {
        for (int i = 0; i < 200; ++i) cache.put("http://a.example/" + std::to_string(i), {.content = content});
    });
    for (int i = 0; i < 20; ++i) EXPECT_EQ(content_of(*readers[static_cast<std::size_t>(i)]->variants[0]), content);
    filler.join();
    EXPECT_FALSE(cache.has(url));
    EXPECT_LE(cache.bytes(), 4 * config::MiB);
    for (const VariantSetPtr& reader : readers) EXPECT_EQ(content_of(*reader->variants[0]), content);
    readers.resize(1);
    EXPECT_FALSE(body.expired());
    readers.clear();
    EXPECT_TRUE(body.expired());
}

TEST(Expiry, DropsWhatHasNoUseAnyMore) {
    Cache cache;
    cache.put("http://a.example/fresh", {.freshness = 100});
    cache.put("http://a.example/expired", {.freshness = 10});
    cache.put("http://a.example/kept", {.freshness = 10, .keep = 50, .etag = "\"1\""});
    cache.put("http://a.example/both", {.content = "short", .vary = language("de"), .freshness = 10});
    cache.put("http://a.example/both", {.content = "long", .vary = language("fr"), .freshness = 100});
    EXPECT_EQ(cache.layer.remove_expired(now + 9, 1000), 0u);
    EXPECT_EQ(cache.layer.remove_expired(now + 10, 1000), 2u);
    EXPECT_FALSE(cache.has("http://a.example/expired"));
    EXPECT_EQ(cache.contents("http://a.example/both"), "long");
    EXPECT_EQ(cache.layer.remove_expired(now + 60, 1000), 1u);
    EXPECT_FALSE(cache.has("http://a.example/kept"));
    EXPECT_EQ(cache.layer.remove_expired(now + 100, 1000), 2u);
    EXPECT_EQ(cache.bytes(), 0u);
    EXPECT_EQ(cache.layer.stats().evictions, 0u);
}

TEST(Expiry, GoesOnWhereItEnded) {
    Cache cache;
    for (int i = 0; i < 3000; ++i) {
        cache.put("http://a.example/" + std::to_string(i), {.freshness = i % 2 == 0 ? 10 : 1000});
    }
    std::uint64_t dropped = 0;
    for (int call = 0; call < 30; ++call) {
        const std::uint64_t in_this_call = cache.layer.remove_expired(now + 20, 100);
        EXPECT_LE(in_this_call, 100u);
        dropped += in_this_call;
    }
    EXPECT_EQ(dropped, 1500u);
    EXPECT_EQ(cache.objects(), 1500u);
    cache.put("http://a.example/late", {.freshness = 5});
    EXPECT_EQ(cache.layer.remove_expired(now + 20, 10'000), 1u);
}

}  // namespace
}  // namespace larder::storage
