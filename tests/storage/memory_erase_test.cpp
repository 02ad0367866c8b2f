#include <gtest/gtest.h>

#include "storage/memory/erasing.h"
#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

const std::vector<std::string> four = {"http://a.example/api/1", "http://a.example/api/2", "http://b.example/api/1",
                                       "http://a.example/other"};

struct Four : Cache {
    Four() {
        put(four[0], {.tags = {"one", "both"}});
        put(four[1], {.tags = {"two", "both"}});
        put(four[2]);
        put(four[3], {.tags = {"one"}});
    }
    // Which of the four are there: "x.xx".
    std::string there() {
        std::string marks;
        for (const std::string& text : four) marks += has(text) ? 'x' : '.';
        return marks;
    }
};

struct Case {
    const char* id;
    std::function<Pick()> pick;
    std::uint64_t count;
    const char* left;
};

const Case cases[] = {
    {"key", [] { return Pick::one(Key(four[1])); }, 1, "x.xx"},
    {"absent key", [] { return Pick::one(Key("http://a.example/none")); }, 0, "xxxx"},
    {"tag", [] { return Pick::tagged({"one"}); }, 2, ".xx."},
    {"several tags of one object",
     [] {
         return Pick::tagged({"both", "one", "two", "one"});
     },
     3, "..x."},
    {"absent tag", [] { return Pick::tagged({"none"}); }, 0, "xxxx"},
    {"path prefix on any host", [] { return Pick::below("/api/"); }, 3, "...x"},
    {"path prefix on one host", [] { return Pick::below("/api/", "a.example"); }, 2, "..xx"},
    {"path prefix, whole path", [] { return Pick::below("/other"); }, 1, "xxx."},
    {"absent path prefix", [] { return Pick::below("/apj"); }, 0, "xxxx"},
    {"everything", [] { return Pick::all(); }, 4, "...."},
    {"everything fetched before", [] { return Pick::all().before(1); }, 0, "xxxx"},
};

TEST(Erase, ReachesWhatIsSelectedAndNothingElse) {
    for (const Case& c : cases) {
        Four cache;
        EXPECT_EQ(cache.erase(c.pick()), c.count) << c.id;
        EXPECT_EQ(cache.there(), c.left) << c.id;
        EXPECT_EQ(cache.objects(), 4 - c.count) << c.id;
    }
}

TEST(Erase, ADryRunCountsTheSameAndChangesNothing) {
    for (const Case& c : cases) {
        Four cache;
        const std::uint64_t bytes = cache.bytes();
        EXPECT_EQ(cache.erase(c.pick(), Erasure::dry_run), c.count) << c.id;
        EXPECT_EQ(cache.there(), "xxxx") << c.id;
        EXPECT_EQ(cache.bytes(), bytes) << c.id;
    }
}

TEST(Erase, ASoftOneMakesTheSameStale) {
    for (const Case& c : cases) {
        Four cache;
        EXPECT_EQ(cache.erase(c.pick(), Erasure::soft), c.count) << c.id;
        std::string fresh;
        for (const std::string& text : four) fresh += cache.get(text)->variants.at(0)->lifetime.fresh(now) ? 'x' : '.';
        EXPECT_EQ(fresh, c.left) << c.id;
        EXPECT_EQ(cache.erase(c.pick()), c.count) << c.id << ", hard after soft";
    }
}

TEST(Erase, NothingIsLeftBehindInAnyIndex) {
    Four cache;
    cache.erase(Pick::tagged({"one"}), Erasure::soft);
    cache.erase(Pick::below("/api/1"));
    cache.erase(Pick::tagged({"both"}));
    EXPECT_EQ(cache.erase(Pick::all()), 1u);
    EXPECT_EQ(cache.bytes(), 0u);
    EXPECT_EQ(cache.objects(), 0u);
}

TEST(Erase, ListsDistinctKeysUpToTheLimit) {
    Four cache;
    cache.put(four[0], {.ticket = 2, .vary = language("de")});
    const Erased two = cache.layer.erase(Pick::below("/api/", "a.example"), Erasure::dry_run, 100);
    EXPECT_EQ(two.count, 3u);
    EXPECT_EQ(two.keys, (std::vector<std::string>{four[0], four[1]}));
    EXPECT_EQ(cache.layer.erase(Pick::all(), Erasure::dry_run, 3).keys.size(), 3u);
    EXPECT_EQ(cache.layer.erase(Pick::all(), Erasure::hard, 0).keys.size(), 0u);
}

TEST(Erase, TakesOneVariantAndLeavesTheOther) {
    Cache cache;
    const std::string url = four[0];
    cache.put(url, {.content = "de", .tags = {"german"}, .vary = language("de")});
    cache.put(url, {.content = "fr", .tags = {"french"}, .vary = language("fr")});
    EXPECT_EQ(cache.erase(Pick::tagged({"german"})), 1u);
    EXPECT_EQ(cache.contents(url), "fr");
    EXPECT_EQ(cache.erase(Pick::tagged({"german"})), 0u);
    EXPECT_EQ(cache.erase(Pick::tagged({"french"})), 1u);
    EXPECT_EQ(cache.bytes(), 0u);
}

TEST(Erase, FollowsTheTagsOfAReplacement) {
    Cache cache;
    const std::string url = four[0];
    cache.put(url, {.ticket = 1, .tags = {"a", "b"}});
    cache.put(url, {.ticket = 2, .tags = {"b", "c"}});
    EXPECT_EQ(cache.erase(Pick::tagged({"a"})), 0u);
    EXPECT_EQ(cache.erase(Pick::tagged({"b"}), Erasure::dry_run), 1u);
    EXPECT_EQ(cache.erase(Pick::tagged({"c"})), 1u);
}

// Between two slices others may do anything. Here the end of each slice inserts, erases and walks.
class Slices : public testing::Test {
  protected:
    static constexpr int count = 3500;

    std::string url(int i) const { return "http://a.example/api/" + std::to_string(100'000 + i); }
    void put(int i, std::uint64_t ticket, std::vector<VaryField> vary = {}) {
        const Key key(url(i));
        auto entry = std::make_unique<Entry>(key.view, now);
        Change change;
        shard_.insert(entry, make({.ticket = ticket, .tags = {"tag"}, .vary = std::move(vary)}), 64, change);
    }
    void remove(int i) {
        Change change;
        const Key key(url(i));
        if (Entry* entry = shard_.find(key.view)) {
            shard_.erase(
                *entry, Erasure::hard, [](const Object&) { return true; }, change);
        }
    }
    std::uint64_t old_ones() {
        std::uint64_t sum = 0;
        for (int i = 0; i < 2 * count; ++i) {
            const Key key(url(i));
            if (Entry* entry = shard_.find(key.view)) {
                for (const ObjectPtr& object : entry->variants->variants) {
                    sum += object->ticket < 10 && !object->lifetime.invalidated ? 1 : 0;
                }
            }
        }
        return sum;
    }

    Shard shard_{config::EvictionPolicy::lru, 1};
};

TEST_F(Slices, MissNothingAndCountNothingTwiceWhileOthersChangeTheShard) {
    const Pick picks[] = {Pick::all().before(10), Pick::tagged({"tag"}).before(10), Pick::below("/api/").before(10)};
    for (const Pick& pick : picks) {
        for (const Erasure erasure : {Erasure::dry_run, Erasure::soft, Erasure::hard}) {
            for (int i = 0; i < count; ++i) put(i, 1);
            int slices = 0, removed = 0;
            const std::function<void(Change &&)> between = [&](Change&& change) {
                EXPECT_LE(change.entries.size(), 1000u);
                EXPECT_LE(change.sets.size(), 1000u);
                ++slices;
                const std::lock_guard lock(shard_.mutex);  // it has been let go
                for (int i = 0; i < 50; ++i) {
                    put(count + 50 * slices + i, 10);          // newer than the invalidation: not its business
                    put(i, 10, language("de"));                // beside one that it has met
                    put(50 + i, 10);                           // over one
                    put(count - 200 + i, 10, language("de"));  // beside one that it has yet to meet
                    put(count - 250 + i, 10);                  // over one
                }
                Change first_and_last;
                for (const int i : {100 + slices, count - slices}) {
                    const Key key(url(i));
                    Entry* entry = shard_.find(key.view);
                    const auto fresh = [](const Object& object) { return !object.lifetime.invalidated; };
                    if (entry && erasure != Erasure::dry_run) {
                        removed += static_cast<int>(shard_.erase(*entry, Erasure::hard, fresh, first_and_last));
                    }
                }
            };
            Erasing erasing(pick, erasure, 0, between);
            erasing.run(shard_);
            EXPECT_GE(slices, 4);
            if (erasure == Erasure::dry_run) {
                EXPECT_LE(erasing.result().count, static_cast<std::uint64_t>(count));
                EXPECT_GE(erasing.result().count, static_cast<std::uint64_t>(count - 200));
            } else {
                EXPECT_LE(erasing.result().count + removed, static_cast<std::uint64_t>(count));
                EXPECT_EQ(old_ones(), 0u);
            }
            for (int i = 0; i < 2 * count; ++i) remove(i);
            EXPECT_EQ(shard_.find_tag("tag"), nullptr);
        }
    }
}

TEST_F(Slices, EndWhereTheListEndedWhenTheyBegan) {
    for (const Pick& pick : {Pick::all(), Pick::tagged({"tag"})}) {
        for (int i = 0; i < count; ++i) put(i, 1);
        int slices = 0;
        const std::function<void(Change &&)> between = [&](Change&&) {
            ++slices;
            if (slices > 10) return;  // it runs after what is added
            for (int i = 0; i < 1500; ++i) put(count + 1500 * slices + i, 10);
        };
        Erasing erasing(pick, Erasure::dry_run, 0, between);
        erasing.run(shard_);
        EXPECT_EQ(slices, 4);
        EXPECT_EQ(erasing.result().count, static_cast<std::uint64_t>(count));
        for (int i = 0; i < count + 1500 * 12; ++i) remove(i);
    }
}

TEST_F(Slices, TwoWalksOverOneListDoNotDisturbEachOther) {
    for (int i = 0; i < count; ++i) put(i, 1);
    const Pick inner_pick = Pick::tagged({"tag"}), outer_pick = Pick::tagged({"tag"});
    const std::function<void(Change &&)> nothing = [](Change&&) {};
    bool entered = false;
    std::uint64_t inner_count = 0;
    const std::function<void(Change &&)> between = [&](Change&&) {
        if (std::exchange(entered, true)) return;
        Erasing inner(inner_pick, Erasure::hard, 0, nothing);
        inner.run(shard_);
        inner_count = inner.result().count;
    };
    Erasing outer(outer_pick, Erasure::hard, 0, between);
    outer.run(shard_);
    EXPECT_EQ(outer.result().count + inner_count, static_cast<std::uint64_t>(count));
    EXPECT_GT(outer.result().count, 0u);
    EXPECT_EQ(shard_.find_tag("tag"), nullptr);
}

}  // namespace
}  // namespace larder::storage
