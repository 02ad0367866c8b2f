#include "proxy/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "tests/proxy/tiered.h"

namespace larder::proxy {
namespace {

using storage::KeyFilter;
using storage::KeyPage;
using storage::KeyPosition;
using storage::KeyRow;

KeyPosition at(const std::string& url) {
    const Key key(url);
    return {key.text, key.view.path_offset};
}

// A slow layer whose keys are rows in a map. It looks at so many for a page.
class ListedLayer final : public HeldLayer {
  public:
    KeyRow& row(const std::string& url, const storage::Make& made = {}) {
        KeyRow row;
        row.text = url;
        row.path_offset = at(url).path_offset;
        row.newest = storage::make(made);
        row.fresh = true;
        return rows[row] = row;
    }
    void list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
              std::function<void(KeyPage, bool)> done) override {
        if (held) {
            waiting.push_back([=, this] { done(page(filter, after, limit), failing); });
        } else {
            done(failing ? KeyPage() : page(filter, after, limit), failing);
        }
    }
    void go_on() {
        for (const auto& answer : std::exchange(waiting, {})) answer();
    }

    std::map<KeyPosition, KeyRow> rows;
    std::size_t looks = 1000;
    bool failing = false, held = false;
    std::vector<std::function<void()>> waiting;

  private:
    KeyPage page(const KeyFilter& filter, const std::optional<KeyPosition>& after, std::size_t limit) const {
        KeyPage page;
        std::size_t looked = 0;
        for (auto i = after ? rows.upper_bound(*after) : rows.begin(); i != rows.end(); ++i) {
            if (looked++ == looks || page.rows.size() == limit) {
                page.behind = std::prev(i)->first;
                break;
            }
            if (filter.takes(i->second.text, *i->second.newest)) page.rows.push_back(i->second);
        }
        return page;
    }
};

class Registry : public TiersTest {
  protected:
    Registry() { tiers = std::make_unique<Tiers>(two_tiers(disk), *strategies, tickets); }
    void put(const std::string& url, const storage::Make& made = {}) {
        tiers->memory(0)->insert(Key(url).view, storage::make(made), storage::open_permit, now);
    }
    RegistryPage page(const KeyFilter& filter = {}, const std::optional<KeyPosition>& after = {},
                      std::size_t limit = 100) {
        auto listed = start(context, list_keys(context.get_executor(), *tiers, filter, after, limit));
        turn(context);
        EXPECT_TRUE(*listed);
        return listed->value_or(RegistryPage());
    }
    std::optional<RegistryRow> describe(const std::string& url) {
        auto described = start(context, describe_key(context.get_executor(), *tiers, at(url)));
        turn(context);
        EXPECT_TRUE(*described);
        return described->value_or(std::nullopt);
    }
    // "m/a@01": path order, host and path, then the tiers that hold it.
    std::string all(std::size_t limit, const KeyFilter& filter = {}) {
        std::string text;
        std::optional<KeyPosition> after;
        do {
            const RegistryPage some = page(filter, after, limit);
            EXPECT_LE(some.rows.size(), limit);
            for (const RegistryRow& row : some.rows) {
                text += (text.empty() ? "" : " ") + row.key.text.substr(7) + '@';
                for (const std::size_t tier : row.tiers) text += std::to_string(tier);
            }
            after = some.behind;
        } while (after);
        return text;
    }

    std::shared_ptr<ListedLayer> disk = std::make_shared<ListedLayer>();
};

TEST_F(Registry, KeysOfAllLayersAreOneList) {
    put("http://h/b");
    put("http://h/d");
    disk->row("http://h/a");
    disk->row("http://h/c");
    disk->row("http://h/d");
    for (std::size_t limit = 1; limit <= 5; ++limit) {
        EXPECT_EQ(all(limit), "h/a@1 h/b@0 h/c@1 h/d@01") << limit;
    }
}

TEST_F(Registry, NothingIsLostWhereOneLayerBreaksOffBeforeTheOther) {
    for (const char* url : {"http://h/a1", "http://h/a2", "http://h/z"}) put(url);
    for (const char* url : {"http://h/b1", "http://h/b2", "http://h/b3", "http://h/z"}) disk->row(url);
    for (std::size_t looks = 1; looks <= 4; ++looks) {
        disk->looks = looks;
        EXPECT_EQ(all(2), "h/a1@0 h/a2@0 h/b1@1 h/b2@1 h/b3@1 h/z@01") << looks;
    }
}

TEST_F(Registry, APageIsFilledThoughALayerLooksAtLittleAtOnce) {
    for (const char* url : {"http://h/1", "http://h/2", "http://h/3", "http://h/4"}) disk->row(url);
    disk->looks = 1;
    EXPECT_EQ(page({}, {}, 3).rows.size(), 3u);
}

TEST_F(Registry, AFilterThatTakesLittleMayLeaveAPageEmptyButGoesOn) {
    for (int i = 10; i < 60; ++i) disk->row("http://h/" + std::to_string(i));
    disk->row("http://h/z", {.tags = {"red"}});
    disk->looks = 2;
    const RegistryPage first = page({.tags = {"red"}});
    EXPECT_TRUE(first.rows.empty());
    EXPECT_TRUE(first.behind);
    EXPECT_EQ(all(10, {.tags = {"red"}}), "h/z@1");
}

TEST_F(Registry, ARowOfSeveralLayersTellsOfAllOfThem) {
    put("http://h/a", {.content = "12345", .ticket = 7, .freshness = 50, .etag = "\"new\""});
    tiers->memory(0)->find(Key("http://h/a").view, now + 5);
    KeyRow& old = disk->row("http://h/a", {.ticket = 3, .etag = "\"old\""});
    old.data_size = 4;
    old.stored_size = 1000;
    old.expires_at = now + 20;
    old.use = {9, 2, now - 100, now + 1};
    const RegistryPage listed = page();
    ASSERT_EQ(listed.rows.size(), 1u);
    const KeyRow& row = listed.rows[0].key;
    EXPECT_EQ(row.newest->etag, "\"new\"");
    EXPECT_EQ(row.data_size, 5u);
    EXPECT_GT(row.stored_size, 1000u);
    EXPECT_EQ(row.expires_at, now + 50);
    EXPECT_EQ(row.use.hit_count, 9u) << "the slower layer has been told of the faster one's";
    EXPECT_EQ(row.use.miss_count, 2u);
    EXPECT_EQ(row.use.created_at, now - 100);
    EXPECT_EQ(row.use.last_accessed, now + 5);
}

TEST_F(Registry, WhatWasFetchedIsAMissOfItsKey) {
    store("http://h/a", response());
    store("http://h/a", response());
    EXPECT_EQ(page().rows.at(0).key.use.miss_count, 2u);
}

TEST_F(Registry, WhatIsFreshInOneLayerIsFresh) {
    put("http://h/a", {.freshness = 50});
    tiers->memory(0)->erase(storage::Pick::all(), storage::Erasure::soft, 0);
    disk->row("http://h/a").expires_at = now + 20;
    const RegistryRow row = page().rows.at(0);
    EXPECT_TRUE(row.key.fresh);
    EXPECT_EQ(row.key.expires_at, now + 20);
}

TEST_F(Registry, ALayerThatFailsIsNamedAndTheOthersAreListed) {
    put("http://h/a");
    disk->row("http://h/b");
    disk->failing = true;
    const RegistryPage listed = page();
    ASSERT_EQ(listed.rows.size(), 1u);
    EXPECT_EQ(listed.failed, std::vector<std::size_t>{1});
    EXPECT_TRUE(describe("http://h/a"));
    EXPECT_FALSE(describe("http://h/b"));
}

TEST_F(Registry, ASlowLayerIsWaitedFor) {
    disk->row("http://h/a");
    disk->held = true;
    auto listed = start(context, list_keys(context.get_executor(), *tiers, {}, {}, 10));
    turn(context);
    EXPECT_FALSE(*listed);
    disk->go_on();
    turn(context);
    ASSERT_TRUE(*listed);
    EXPECT_EQ((*listed)->rows.size(), 1u);
}

TEST_F(Registry, OneKeyIsFoundByItsWholeText) {
    for (const char* url : {"http://h/a", "http://h/ab", "http://i/a", "http://h/a Accept=x"}) put(url);
    disk->row("http://h/a/b");
    disk->row("http://g/a");
    disk->looks = 1;
    for (const char* url : {"http://h/a", "http://h/ab", "http://i/a", "http://h/a Accept=x", "http://h/a/b"}) {
        const auto row = describe(url);
        ASSERT_TRUE(row) << url;
        EXPECT_EQ(row->key.text, url);
    }
    for (const char* url : {"http://h/", "http://h/b", "http://j/a", "https://h/a"}) EXPECT_FALSE(describe(url)) << url;
}

}  // namespace
}  // namespace larder::proxy
