#include "storage/memory/eviction.h"

#include <gtest/gtest.h>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

using config::EvictionPolicy;

// Room for ten entries with bodies of 64 KB in one shard, where eviction looks at all of them.
struct Ten : Cache {
    static constexpr std::size_t body = 64'000;

    explicit Ten(EvictionPolicy policy) : Cache(10 * body + 30'000, policy) {}
    void add(int i, Seconds freshness = 1000, std::size_t size = body) {
        ASSERT_EQ(put(name(i), {.content = std::string(size, 'x'), .freshness = freshness}), Stored::yes);
    }
    static std::string name(int i) { return "http://a.example/" + std::to_string(i); }
    // Which of 0..9 are there, without touching them: "x.xx".
    std::string there() {
        std::string marks;
        for (int i = 0; i < 10; ++i) marks += layer.use(Key(name(i)).view) ? 'x' : '.';
        return marks;
    }
    void use(int i, int times = 1) {
        while (times-- > 0) EXPECT_TRUE(has(name(i)));
    }
};

TEST(Eviction, LruDropsWhatWasNotUsedForLongest) {
    Ten cache(EvictionPolicy::lru);
    for (int i = 0; i < 10; ++i) cache.add(i);
    for (const int i : {0, 1, 4}) cache.use(i);
    for (int i = 10; i < 13; ++i) cache.add(i);
    EXPECT_EQ(cache.there(), "xx..x.xxxx");
}

TEST(Eviction, LfuDropsWhatWasUsedLeast) {
    Ten cache(EvictionPolicy::lfu);
    for (int i = 0; i < 10; ++i) cache.add(i);
    for (int i = 0; i < 10; ++i) cache.use(i, i == 3 || i == 7 ? 1 : 2);
    cache.add(10);  // drops 3
    cache.use(10, 3);
    cache.add(11);  // drops 7
    EXPECT_EQ(cache.there(), "xxx.xxx.xx");
}

TEST(Eviction, FifoDropsWhatWasStoredFirstHoweverMuchItIsUsed) {
    Ten cache(EvictionPolicy::fifo);
    for (int i = 0; i < 10; ++i) cache.add(i);
    cache.use(0, 5);
    cache.add(1);  // stored anew
    for (int i = 10; i < 13; ++i) cache.add(i);
    EXPECT_EQ(cache.there(), ".x..xxxxxx");
}

TEST(Eviction, FifoIsExactInALargeShard) {
    Cache cache(600'000, EvictionPolicy::fifo);
    int last = 0;
    for (; cache.layer.stats().evictions < 200; ++last) cache.put(Ten::name(last));
    for (int i = 0; i < last; ++i) EXPECT_EQ(cache.has(Ten::name(i)), i >= 200) << i;
}

TEST(Eviction, TtlDropsWhatExpiresFirst) {
    Ten cache(EvictionPolicy::ttl);
    for (int i = 0; i < 10; ++i) cache.add(i, i == 5 ? 50 : 1000 - i);
    cache.use(5);
    cache.add(10);
    cache.add(11);
    EXPECT_EQ(cache.there(), "xxxxx.xxx.");
}

TEST(Eviction, CustomPrefersSmallAndPopularEntries) {
    Ten cache(EvictionPolicy::custom);
    for (int i = 0; i < 9; ++i) cache.add(i, 1000, i == 2 ? 32'000 : Ten::body);
    cache.use(0, 3);
    cache.use(4, 1);
    for (int i = 10; i < 18; ++i) cache.add(i);
    EXPECT_EQ(cache.there().substr(0, 9), "x.x.x....");
}

TEST(Eviction, CustomForgetsWhatWasPopularOnce) {
    Ten cache(EvictionPolicy::custom);
    for (int i = 0; i < 10; ++i) cache.add(i);
    cache.use(0, 3);
    for (int i = 10; i < 70; ++i) cache.add(i);
    EXPECT_EQ(cache.there(), "..........");
}

TEST(Eviction, StaleOnesGoFirstUnderEveryPolicy) {
    for (const auto policy : {EvictionPolicy::lru, EvictionPolicy::lfu, EvictionPolicy::fifo, EvictionPolicy::ttl,
                              EvictionPolicy::random, EvictionPolicy::custom}) {
        Ten cache(policy);
        for (int i = 0; i < 10; ++i) cache.add(i, i == 6 ? 0 : 1000);
        cache.use(6, 9);
        cache.add(10);
        EXPECT_EQ(cache.there(), "xxxxxx.xxx") << word(policy);
        cache.erase(Pick::one(Key(Ten::name(8))), Erasure::soft);
        cache.use(8, 9);
        cache.add(11);
        EXPECT_EQ(cache.there(), "xxxxxx.x.x") << word(policy);
    }
}

TEST(Eviction, AnotherPolicyDecidesFromThenOnByWhatWasCountedBefore) {
    const struct {
        EvictionPolicy policy;
        const char* there;
    } cases[] = {
        {EvictionPolicy::lru, "xxxxxxxx.."},  // 0 to 7 were used after it was stored
        {EvictionPolicy::lfu, "xxx.xxx.xx"}, {EvictionPolicy::fifo, "..xxxxxxxx"},
        {EvictionPolicy::ttl, "xxxxxx.x.x"}, {EvictionPolicy::custom, "xxx.xxx.xx"},  // all of a size
    };
    for (const auto& before : cases) {
        for (const auto& after : cases) {
            Ten cache(before.policy);
            for (int i = 0; i < 10; ++i) cache.add(i, i == 6 || i == 8 ? 100 : 1000);
            for (int i = 9; i >= 0; --i) cache.use(i, i == 3 || i == 7 ? 1 : 5);
            cache.layer.change(10 * Ten::body + 30'000, after.policy, now);
            EXPECT_EQ(cache.there(), "xxxxxxxxxx");
            cache.add(10);
            cache.use(10, 9);
            cache.add(11);
            EXPECT_EQ(cache.there(), after.there) << word(before.policy) << " to " << word(after.policy);
        }
    }
}

// Candidates without a shard, stored in their order.
struct Bare {
    Bare(std::size_t count, EvictionPolicy policy) : entries(count), eviction(policy, 1) {
        for (Candidate& entry : entries) {
            entry.fresh_until = now + 1;
            entry.charge = 1000;
            eviction.add(entry);
            eviction.stored(entry);
        }
    }
    Candidate& victim() { return eviction.victim(entries[0], now); }

    std::vector<Candidate> entries;
    Eviction eviction;
};

TEST(Eviction, RandomDropsAnyOfThem) {
    for (const std::size_t count : {std::size_t{10}, std::size_t{100}}) {
        Bare bare(count, EvictionPolicy::random);
        std::vector<std::size_t> chosen(count);
        for (std::size_t i = 0; i < 100 * count; ++i)
            ++chosen[static_cast<std::size_t>(&bare.victim() - bare.entries.data())];
        for (const std::size_t times : chosen) EXPECT_NEAR(static_cast<double>(times), 100, 50);
    }
}

TEST(Eviction, ASampledVictimIsAmongTheLowestOfALargeShard) {
    Bare bare(10'000, EvictionPolicy::lru);
    std::uint64_t sum = 0;
    for (int i = 0; i < 1000; ++i) sum += bare.victim().touched;
    EXPECT_LT(sum / 1000, 700u);  // expected: 10,000 / 17
    EXPECT_GT(sum / 1000, 480u);
}

TEST(Eviction, CustomIsExactInALargeShard) {
    Bare bare(5000, EvictionPolicy::custom);
    std::uint64_t size = 1;
    for (Candidate& entry : bare.entries) {
        entry.charge = 1000 + (size = size * 48271 % 2147483647) % 1'000'000;
        bare.eviction.stored(entry);
    }
    for (std::size_t i = 0; i < bare.entries.size(); i += 100) bare.eviction.hit(bare.entries[i]);
    const auto rank = [](const Candidate& entry) {
        return entry.inflation + static_cast<double>(1 + entry.hits) / static_cast<double>(entry.charge);
    };
    double last = 0;
    for (int i = 0; i < 4000; ++i) {
        Candidate& victim = bare.victim();
        const auto& all = bare.eviction.all();
        if (i % 50 == 0) {
            const auto lowest = std::min_element(
                all.begin(), all.end(), [&](const Candidate* a, const Candidate* b) { return rank(*a) < rank(*b); });
            ASSERT_EQ(rank(victim), rank(**lowest));
        }
        ASSERT_GE(rank(victim), last);
        last = rank(victim);
        bare.eviction.remove(victim);
        if (i % 7 == 0) bare.eviction.hit(*all[static_cast<std::size_t>(i) % all.size()]);
    }
}

TEST(Eviction, ChangedToCustomAndBackItIsExactInALargeShard) {
    Bare bare(5000, EvictionPolicy::custom);
    std::uint64_t size = 1;
    for (const auto policy :
         {EvictionPolicy::lru, EvictionPolicy::custom, EvictionPolicy::fifo, EvictionPolicy::custom}) {
        bare.eviction.change(policy);
        for (Candidate& entry : bare.entries) {
            if ((size = size * 48271 % 2147483647) % 3 != 0) continue;
            entry.charge = 1000 + size % 1'000'000;
            bare.eviction.stored(entry);
        }
    }
    const auto& all = bare.eviction.all();
    for (std::size_t slot = 0; slot < all.size(); ++slot) {
        ASSERT_EQ(all[slot]->slot, slot);
        ASSERT_LE(all[(slot - (slot != 0)) / 2]->placed, all[slot]->placed);
    }
    const auto rank = [](const Candidate* entry) {
        return entry->inflation + static_cast<double>(1 + entry->hits) / static_cast<double>(entry->charge);
    };
    for (int i = 0; i < 200; ++i) {
        Candidate& victim = bare.victim();
        const auto lowest = std::min_element(all.begin(), all.end(),
                                             [&](const Candidate* a, const Candidate* b) { return rank(a) < rank(b); });
        ASSERT_EQ(rank(&victim), rank(*lowest));
        bare.eviction.remove(victim);
    }
}

}  // namespace
}  // namespace larder::storage
