// Another size or policy for a layer that is in use.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

using config::EvictionPolicy;
using config::MiB;

std::string name(int i) {
    return "http://a.example/" + std::to_string(i);
}

// How many entries of 10 kB fit.
int fill(Cache& cache, int from = 0) {
    const auto evictions = cache.layer.stats().evictions;
    int i = from;
    for (; cache.layer.stats().evictions == evictions; ++i) cache.put(name(i), {.content = std::string(10'000, 'x')});
    return i - 1 - from;
}

TEST(MemoryChange, WhatIsTooMuchHasLeftWhenItReturns) {
    Cache cache(8 * MiB);
    fill(cache);
    cache.layer.change(2 * MiB, EvictionPolicy::lru, now);
    EXPECT_LE(cache.bytes(), 2 * MiB);
    EXPECT_GT(cache.bytes(), 2 * MiB * 9 / 10);
    fill(cache, 10'000);
    EXPECT_LE(cache.bytes(), 2 * MiB);
}

TEST(MemoryChange, WhatLeavesIsWhatThePolicyNames) {
    Cache cache(MiB, EvictionPolicy::random);  // one shard
    for (int i = 0; i < 60; ++i) cache.put(name(i), {.content = std::string(10'000, 'x')});
    const auto one = cache.bytes() / 60;
    cache.layer.change(20 * one + one / 2, EvictionPolicy::fifo, now);
    for (int i = 0; i < 60; ++i) EXPECT_EQ(cache.has(name(i)), i >= 40) << i;
}

TEST(MemoryChange, ALargerSizeLosesNothingAndTakesMore) {
    Cache cache(2 * MiB);
    const int before = fill(cache);
    const auto objects = cache.objects();
    cache.layer.change(8 * MiB, EvictionPolicy::lru, now);
    EXPECT_EQ(cache.objects(), objects);
    EXPECT_NEAR(fill(cache, 10'000), 3 * before, before / 10);
}

TEST(MemoryChange, TheLargestObjectFollowsTheSize) {
    Cache cache(200 * MiB);
    EXPECT_EQ(cache.layer.largest(), 50 * MiB);
    cache.layer.change(400 * MiB, EvictionPolicy::lru, now);
    EXPECT_EQ(cache.layer.largest(), 100 * MiB);
    cache.layer.change(8 * MiB, EvictionPolicy::lru, now);
    EXPECT_EQ(cache.layer.largest(), 8 * MiB);
    EXPECT_EQ(cache.put(name(0), {.content = std::string(8 * MiB, 'x')}), Stored::too_large);
}

TEST(MemoryChange, NoSizeAtAllLeavesNothing) {
    Cache cache(2 * MiB);
    fill(cache);
    cache.layer.change(0, EvictionPolicy::lru, now);
    EXPECT_EQ(cache.bytes(), 0u);
    EXPECT_EQ(cache.objects(), 0u);
    EXPECT_EQ(cache.put(name(0)), Stored::too_large);
}

TEST(MemoryChange, ReadersFinishWithWhatLeft) {
    Cache cache(2 * MiB);
    cache.put(name(0), {.content = "read"});
    const auto reader = cache.get(name(0));
    cache.layer.change(0, EvictionPolicy::lru, now);
    EXPECT_FALSE(cache.has(name(0)));
    EXPECT_EQ(content_of(*reader->variants[0]), "read");
}

TEST(MemoryChange, MayComeWhileThreadsStoreAndFind) {
    Cache cache(8 * MiB);
    std::atomic<bool> stop = false;
    std::atomic<int> stores = 0;
    const auto use = [&](int from) {
        for (int i = 0; !stop.load(); i = (i + 1) % 1000) {
            cache.put(name(from + i), {.content = std::string(10'000, 'x')});
            cache.get(name(from + (i * 7) % 1000));
            ++stores;
        }
    };
    std::thread one(use, 0), other(use, 500);
    const EvictionPolicy policies[] = {EvictionPolicy::custom, EvictionPolicy::lru, EvictionPolicy::fifo,
                                       EvictionPolicy::ttl,    EvictionPolicy::lfu, EvictionPolicy::random};
    for (int i = 0; i < (sanitized ? 60 : 300); ++i) {
        const int before = stores.load();
        while (stores.load() < before + 20) std::this_thread::yield();
        cache.layer.change((i % 2 == 0 ? 1 : 8) * MiB, policies[i % 6], now);
    }
    stop = true;
    one.join();
    other.join();
    cache.layer.change(MiB, EvictionPolicy::lru, now);
    EXPECT_LE(cache.bytes(), MiB);
    cache.erase(Pick::all());
    EXPECT_EQ(cache.bytes(), 0u);
    EXPECT_EQ(cache.objects(), 0u);
}

}  // namespace
}  // namespace larder::storage
