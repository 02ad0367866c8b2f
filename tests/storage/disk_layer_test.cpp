#include "tests/storage/disk_fixture.h"

namespace larder::storage {
namespace {

using DiskLayerTest = DiskTest;

TEST_F(DiskLayerTest, GivesBackWhatWasPut) {
    cache.open();
    for (const std::size_t size : {0, 1, 100, 1200, 1201, 4072, 4073, 65536, 1'000'000, 1'048'577, 5'000'000}) {
        const std::string url = "http://h/" + std::to_string(size);
        EXPECT_EQ(cache.put(url, {.content = long_content(size)}), Stored::yes) << size;
        EXPECT_TRUE(cache.get(url) == long_content(size)) << size;
    }
    EXPECT_EQ(cache.get("http://h/other"), "-");
}

// A short last part stands in a leaf, a longer one has a page of its own.
TEST_F(DiskLayerTest, BodiesOfEverySizeGoAgain) {
    cache.open();
    std::vector<std::future<Stored>> stored;
    for (std::size_t size = 1900; size < 2100; ++size) {
        stored.push_back(cache.put_later("http://h/" + std::to_string(size), make({.content = long_content(size)})));
    }
    for (auto& one : stored) EXPECT_EQ(one.get(), Stored::yes);
    EXPECT_EQ(cache.erased(Pick::all()), 200u);
    EXPECT_FALSE(cache.told().has("storage_moved_aside")) << cache.told().all();
}

TEST_F(DiskLayerTest, GivesBackEveryMemberOfAResponse) {
    cache.open();
    auto object = make({.content = "text", .ticket = 77, .tags = {"a", "b", "a"}, .vary = language("de")});
    object->vary.push_back({"x-absent", std::nullopt});
    object->status = 404;
    object->date = 11;
    object->stored_at = 12;
    object->lifetime = {13, 14, 15, 16, 17, 18, true, false};
    object->etag = "\"e\"";
    object->last_modified = 19;
    object->strategy_name = "workouts";
    object->resource_type = "workout";
    object->resource_id = "42";
    object->for_cookies = true;
    object->rules_fingerprint = 20;
    cache.put("http://h/x", object);
    cache.settle();
    const Layer::Found found = cache.find("http://h/x");
    ASSERT_TRUE(found.object);
    EXPECT_EQ(found.object->fields, object->fields);
    EXPECT_EQ(found.object->status, 404);
    EXPECT_EQ(found.object->date, 11);
    EXPECT_EQ(found.object->stored_at, 12);
    EXPECT_EQ(found.object->lifetime, object->lifetime);
    EXPECT_EQ(found.object->etag, "\"e\"");
    EXPECT_EQ(found.object->last_modified, 19);
    EXPECT_EQ(found.object->vary, object->vary);
    EXPECT_EQ(found.object->tags, object->tags);
    EXPECT_EQ(found.object->strategy_name, "workouts");
    EXPECT_EQ(found.object->resource_type, "workout");
    EXPECT_EQ(found.object->resource_id, "42");
    EXPECT_TRUE(found.object->for_cookies);
    EXPECT_FALSE(found.object->for_authorized);
    EXPECT_EQ(found.object->ticket, 77u);
    EXPECT_EQ(found.object->rules_fingerprint, 20u);
}

TEST_F(DiskLayerTest, ALongHeadIsKeptWhole) {
    cache.open();
    auto object = make({.content = "text"});
    object->fields = "X-Long: " + std::string(200'000, 'x') + "\r\n";
    for (int i = 0; i < 300; ++i) object->tags.push_back("tag-" + std::to_string(i));
    EXPECT_EQ(cache.put("http://h/x", object), Stored::yes);
    cache.settle();
    const Layer::Found found = cache.find("http://h/x");
    ASSERT_TRUE(found.object);
    EXPECT_TRUE(found.object->fields == object->fields);
    EXPECT_EQ(found.object->tags, object->tags);
    EXPECT_EQ(DiskCache::content(*found.object), "text");
    EXPECT_EQ(cache.erased(Pick::tagged({"tag-299"})), 1u);
    EXPECT_EQ(cache.get("http://h/x"), "-");
}

TEST_F(DiskLayerTest, WhatIsPutIsSeenBeforeItIsWritten) {
    cache.open();
    for (int i = 0; i < 100; ++i) {
        const auto content = std::to_string(i);
        auto stored = cache.put_later("http://h/x", make({.content = content, .ticket = 1u + i}));
        EXPECT_EQ(cache.get("http://h/x"), content);
        stored.wait();
    }
}

TEST_F(DiskLayerTest, WhatIsErasedIsGoneBeforeItIsWritten) {
    cache.open();
    for (int i = 0; i < 20; ++i) {
        auto stored = cache.put_later("http://h/x", make({.ticket = 1u + i}));
        auto erased = cache.erase_later(Pick::one(Key("http://h/x")));
        EXPECT_EQ(cache.get("http://h/x"), "-");
        EXPECT_EQ(stored.get(), Stored::yes);
        EXPECT_EQ(erased.get().erased.count, 1u);
    }
}

TEST_F(DiskLayerTest, KeepsVariantsTheMostRecentFirst) {
    cache.open();
    cache.put("http://h/x", {.content = "de", .vary = language("de")});
    cache.put("http://h/x", {.content = "en", .vary = language("en")});
    EXPECT_EQ(cache.get("http://h/x", std::size_t{0}), "en");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{1}), "de");
    cache.put("http://h/x", {.content = "de2", .ticket = 2, .vary = language("de")});
    EXPECT_EQ(cache.get("http://h/x", std::size_t{0}), "de2");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{1}), "en");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{2}), "-");
    EXPECT_EQ(cache.stats().objects, 2u);
}

TEST_F(DiskLayerTest, OfTooManyVariantsTheOldestGoes) {
    cache.open();
    for (const char* value : {"a", "b", "c"}) {
        cache.put("http://h/x", {.content = value, .vary = language(value)}, 2);
    }
    EXPECT_EQ(cache.get("http://h/x", std::size_t{0}), "c");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{1}), "b");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{2}), "-");
}

TEST_F(DiskLayerTest, OfTooManyVariantsTheOneInUseStays) {
    cache.open();
    cache.put("http://h/x", {.content = "used", .vary = language("used")}, 2);
    EXPECT_EQ(cache.get("http://h/x", std::size_t{0}), "used");
    for (const char* value : {"a", "b", "c"}) {
        cache.put("http://h/x", {.content = value, .vary = language(value)}, 2);
    }
    EXPECT_EQ(cache.get("http://h/x", std::size_t{0}), "c");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{1}), "used");
    EXPECT_EQ(cache.get("http://h/x", std::size_t{2}), "-");
}

TEST_F(DiskLayerTest, AnOlderResponseDoesNotReplaceANewerOne) {
    cache.open();
    cache.put("http://h/x", {.content = "new", .ticket = 5});
    EXPECT_EQ(cache.put("http://h/x", {.content = "old", .ticket = 4}), Stored::superseded);
    EXPECT_EQ(cache.get("http://h/x"), "new");
    EXPECT_EQ(cache.put("http://h/x", {.content = "newer", .ticket = 6}), Stored::yes);
    EXPECT_EQ(cache.get("http://h/x"), "newer");
}

TEST_F(DiskLayerTest, ThePermitIsAskedWhenAResponseWouldBecomeVisible) {
    const auto permit = std::make_shared<Invalidations>();
    cache.open();
    const std::uint64_t ticket = permit->begin();
    permit->enter(Pick::tagged({"t"}));
    const auto put = [&](const std::string& url, const Make& wanted) {
        return cache.put_later(url, make(wanted), 64, permit).get();
    };
    EXPECT_EQ(put("http://h/x", {.ticket = ticket, .tags = {"t"}}), Stored::invalidated);
    EXPECT_EQ(put("http://h/big", {.content = long_content(2'000'000), .ticket = ticket, .tags = {"t"}}),
              Stored::invalidated);
    EXPECT_EQ(put("http://h/y", {.ticket = ticket}), Stored::yes);
    EXPECT_EQ(cache.get("http://h/x"), "-");
    EXPECT_EQ(cache.stats().objects, 1u);
}

TEST_F(DiskLayerTest, ThePermitIsLetGoOfWhenTheResponseIsStored) {
    cache.open();
    PermitPtr permit = std::make_shared<OpenPermit>();
    const std::weak_ptr<const Permit> held = permit;
    cache.put_later("http://h/x", make(), 64, std::exchange(permit, nullptr)).wait();
    EXPECT_TRUE(held.expired());
}

TEST_F(DiskLayerTest, ARefreshKeepsTheBody) {
    cache.open();
    for (const std::size_t size : {10, 5'000, 3'000'000}) {
        const std::string url = "http://h/" + std::to_string(size);
        const auto before = make({.content = long_content(size), .ticket = 1, .etag = "\"1\""});
        cache.put(url, before);
        const auto next = std::make_shared<Object>(*before);
        next->fields = "X-New: 1\r\n";
        next->ticket = 2;
        next->body = nullptr;
        EXPECT_EQ(cache.refresh(url, before, next), Stored::yes);
        const Layer::Found found = cache.find(url);
        ASSERT_TRUE(found.object);
        EXPECT_EQ(found.object->fields, "X-New: 1\r\n");
        EXPECT_TRUE(DiskCache::content(*found.object) == long_content(size)) << size;
        EXPECT_EQ(cache.refresh(url, before, next), Stored::superseded);
    }
    EXPECT_EQ(cache.stats().objects, 3u);
}

TEST_F(DiskLayerTest, RefreshingWhatIsGoneIsSuperseded) {
    cache.open();
    const auto before = make();
    EXPECT_EQ(cache.refresh("http://h/x", before, make({.ticket = 2})), Stored::superseded);
}

TEST_F(DiskLayerTest, ErasesByKeyTagPrefixAndAll) {
    cache.open();
    const auto fill = [&] {
        cache.put("http://h/a/1", {.tags = {"t", "u"}});
        cache.put("http://h/a/2", {.tags = {"u"}});
        cache.put("http://h/b/1", {.tags = {"t"}});
        cache.put("http://other/a/1");
    };
    fill();
    EXPECT_EQ(cache.erased(Pick::one(Key("http://h/a/1"))), 1u);
    EXPECT_EQ(cache.keys(), "http://other/a/1 http://h/a/2 http://h/b/1");
    fill();
    EXPECT_EQ(cache.erased(Pick::tagged({"t", "none"})), 2u);
    EXPECT_EQ(cache.keys(), "http://other/a/1 http://h/a/2");
    fill();
    EXPECT_EQ(cache.erased(Pick::below("/a/")), 3u);
    EXPECT_EQ(cache.keys(), "http://h/b/1");
    fill();
    EXPECT_EQ(cache.erased(Pick::below("/a/", "other")), 1u);
    EXPECT_EQ(cache.erased(Pick::all()), 3u);
    EXPECT_EQ(cache.keys(), "");
    EXPECT_EQ(cache.stats().objects, 0u);
}

TEST_F(DiskLayerTest, CountsVariantsAndKeysOnce) {
    cache.open();
    cache.put("http://h/x", {.tags = {"t", "u"}, .vary = language("de")});
    cache.put("http://h/x", {.tags = {"u"}, .vary = language("en")});
    cache.put("http://h/y", {.tags = {"t"}});
    const Layer::Applied applied = cache.erase(Pick::tagged({"t", "u"}));
    EXPECT_EQ(applied.erased.count, 3u);
    EXPECT_EQ(applied.erased.key_count, 2u);
    EXPECT_EQ(applied.erased.keys, (std::vector<std::string>{"http://h/x", "http://h/y"}));
    EXPECT_TRUE(applied.durable);
    EXPECT_FALSE(applied.failed);
}

TEST_F(DiskLayerTest, SoftlyErasedIsStale) {
    cache.open();
    cache.put("http://h/x", {.tags = {"t"}});
    EXPECT_EQ(cache.erased(Pick::tagged({"t"}), Erasure::soft), 1u);
    const Layer::Found found = cache.find("http://h/x");
    ASSERT_TRUE(found.object);
    EXPECT_TRUE(found.object->lifetime.invalidated);
    EXPECT_EQ(cache.put("http://h/x", {.tags = {"t"}}), Stored::superseded);
}

TEST_F(DiskLayerTest, ADryRunOnlyCounts) {
    cache.open();
    cache.put("http://h/x", {.tags = {"t"}});
    EXPECT_EQ(cache.erased(Pick::tagged({"t"}), Erasure::dry_run), 1u);
    EXPECT_EQ(cache.get("http://h/x"), "content");
}

TEST_F(DiskLayerTest, ErasesMoreThanATransactionHolds) {
    cache.options.max_bytes = 16 * config::MiB;
    cache.open();
    std::vector<std::future<Stored>> stored;
    for (int i = 0; i < 3000; ++i) {
        stored.push_back(cache.put_later("http://h/" + std::to_string(i), make({.tags = {"t"}})));
    }
    for (auto& one : stored) EXPECT_EQ(one.get(), Stored::yes);
    EXPECT_EQ(cache.erased(Pick::tagged({"t"})), 3000u);
    EXPECT_EQ(cache.stats().objects, 0u);
}

TEST_F(DiskLayerTest, WhatIsTooLargeIsNotTaken) {
    cache.options.max_bytes = 16 * config::MiB;
    cache.open();
    EXPECT_EQ(cache.put("http://h/x", {.content = std::string(cache.layer->largest() + 1, 'x')}), Stored::too_large);
    EXPECT_EQ(cache.put("http://h/x", {.content = long_content(cache.layer->largest())}), Stored::yes);
    EXPECT_TRUE(cache.get("http://h/x") == long_content(cache.layer->largest()));
}

TEST_F(DiskLayerTest, AFullQueueSkipsTheStore) {
    cache.options.queue_bytes = 1;
    cache.open();
    EXPECT_EQ(cache.put("http://h/x"), Stored::skipped);
    EXPECT_EQ(cache.stats().stores[static_cast<std::size_t>(Stored::skipped)], 1u);
    EXPECT_EQ(cache.get("http://h/x"), "-");
    cache.options.queue_bytes = config::MiB;
    cache.change();
    EXPECT_EQ(cache.put("http://h/x"), Stored::yes);
}

TEST_F(DiskLayerTest, ListsKeysInOrderInPagesOfAnySize) {
    cache.open();
    std::string expected;
    for (int i = 100; i < 140; ++i) {
        cache.put("http://h/" + std::to_string(i), {.tags = {"t" + std::to_string(i % 3)}});
        expected += (expected.empty() ? "http://h/" : " http://h/") + std::to_string(i);
    }
    for (const std::size_t limit : {1, 2, 7, 40, 41, 1000}) EXPECT_EQ(cache.keys({}, limit), expected) << limit;
    KeyFilter filter;
    filter.tags = {"t1"};
    filter.prefix = "http://h/10";
    EXPECT_EQ(cache.keys(filter), "http://h/100 http://h/103 http://h/106 http://h/109");
}

// A page looks at a bounded number of keys, which begin where the filter's do.
TEST_F(DiskLayerTest, AFilterByPathFindsItsKeysAmongManyAtOnce) {
    cache.open();
    std::vector<std::future<Stored>> stored;
    for (int i = 0; i < 6000; ++i) stored.push_back(cache.put_later("http://h/many/" + std::to_string(i), make()));
    for (auto& one : stored) EXPECT_EQ(one.get(), Stored::yes);
    for (const char* url : {"http://h/some/1", "http://z/some/1", "http://h/some/2", "http://h/zz"}) cache.put(url);
    KeyFilter filter;
    filter.prefix = "/some/";
    const KeyPage page = cache.list(filter, {}, 10);
    EXPECT_EQ(page.rows.size(), 3u);
    EXPECT_FALSE(page.behind);
    EXPECT_EQ(cache.keys(filter), "http://h/some/1 http://z/some/1 http://h/some/2");
    filter.prefix = "http://h/some/";
    EXPECT_EQ(cache.list(filter, {}, 10).rows.size(), 2u);
    filter.prefix = "/none";
    EXPECT_EQ(cache.keys(filter), "");
}

TEST_F(DiskLayerTest, TellsHowLongTheValidVariantLasts) {
    cache.open();
    cache.put("http://h/x", {.tags = {"t"}, .vary = language("a"), .freshness = 500});
    cache.put("http://h/x", {.ticket = 2, .vary = language("b"), .freshness = 100});
    EXPECT_EQ(cache.list().rows.at(0).expires_at, now + 500);
    cache.erase(Pick::tagged({"t"}), Erasure::soft);
    EXPECT_EQ(cache.list().rows.at(0).expires_at, now + 100);
    EXPECT_TRUE(cache.list().rows.at(0).fresh);
    cache.erase(Pick::all(), Erasure::soft);
    EXPECT_EQ(cache.list().rows.at(0).expires_at, now + 500);
    EXPECT_FALSE(cache.list().rows.at(0).fresh);
}

TEST_F(DiskLayerTest, ListsLongKeysThatBeginAlikeInOrder) {
    cache.open();
    const std::string alike = "http://h/" + std::string(500, 'x');
    std::string expected;
    for (const char* end : {"c", "a", "b", "e", "d"}) cache.put(alike + end);
    for (const char* end : {"a", "b", "c", "d", "e"}) expected += (expected.empty() ? "" : " ") + alike + end;
    for (const std::size_t limit : {1, 2, 3, 100}) EXPECT_EQ(cache.keys({}, limit), expected) << limit;
}

TEST_F(DiskLayerTest, TellsUsesAndSizesOfAKey) {
    cache.open();
    cache.put("http://h/x", {.content = long_content(10'000)});
    cache.get("http://h/x");
    cache.layer->used({{Key("http://h/x").view.hash, 3, 2, now + 5}});
    const KeyPage page = cache.list();
    ASSERT_EQ(page.rows.size(), 1u);
    const KeyRow& row = page.rows.front();
    EXPECT_EQ(row.use.hit_count, 4u);
    EXPECT_EQ(row.use.miss_count, 2u);
    EXPECT_EQ(row.use.last_accessed, now + 5);
    EXPECT_EQ(row.use.created_at, now);
    EXPECT_EQ(row.data_size, 10'000u);
    EXPECT_GE(row.stored_size, 10'000u);
    EXPECT_EQ(row.expires_at, now + 60);
    EXPECT_TRUE(row.fresh);
}

TEST_F(DiskLayerTest, ABodyThatIsBeingReadOutlivesItsObject) {
    cache.open();
    const std::string content = long_content(3'000'000);
    cache.put("http://h/x", {.content = content});
    cache.settle();
    const Layer::Found found = cache.find("http://h/x");
    ASSERT_TRUE(found.object && found.object->body->source);
    EXPECT_TRUE(cache.layer->in_use());
    const std::string first = DiskCache::read(*found.object->body, 0, 1000);
    cache.erase(Pick::all());
    for (int i = 0; i < 5; ++i) cache.put("http://h/y", {.content = long_content(2'000'000, 2), .ticket = 2u + i});
    EXPECT_TRUE(first + DiskCache::read(*found.object->body, 1000, 1000) == content.substr(0, 2000));
    EXPECT_TRUE(DiskCache::content(*found.object) == content);
}

TEST_F(DiskLayerTest, ABodyEndsEarlyWhenItsLayerIsGone) {
    cache.open();
    cache.put("http://h/x", {.content = long_content(3'000'000)});
    cache.settle();
    const Layer::Found found = cache.find("http://h/x");
    ASSERT_TRUE(found.object);
    cache.close();
    EXPECT_EQ(DiskCache::content(*found.object), "cut at 0");
}

}  // namespace
}  // namespace larder::storage
