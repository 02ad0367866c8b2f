#include <gtest/gtest.h>

#include <set>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

class Listing : public Cache, public testing::Test {
  protected:
    // Every page until the end.
    std::vector<KeyRow> all(const KeyFilter& filter = {}, std::size_t limit = 1000) {
        std::vector<KeyRow> rows;
        std::optional<KeyPosition> after;
        pages = 0;
        do {
            KeyPage page = layer.list(filter, after, limit);
            EXPECT_LE(page.rows.size(), limit);
            rows.insert(rows.end(), page.rows.begin(), page.rows.end());
            after = page.behind;
            ++pages;
        } while (after);
        return rows;
    }
    std::string texts(const KeyFilter& filter = {}, std::size_t limit = 1000) {
        std::string texts;
        for (const KeyRow& row : all(filter, limit)) texts += (texts.empty() ? "" : " ") + row.text.substr(7);
        return texts;
    }
    void put_like(const std::string& url, std::string strategy, std::string type, std::string id) {
        const auto object = make();
        object->strategy_name = std::move(strategy);
        object->resource_type = std::move(type);
        object->resource_id = std::move(id);
        layer.insert(Key(url).view, object, open_permit, now);
    }

    std::size_t pages = 0;
};

std::string numbered(std::size_t i) {
    std::string digits = std::to_string(i);
    return "http://h/" + std::string(6 - digits.size(), '0') + digits;
}

TEST_F(Listing, KeysComeByPathThenByHost) {
    for (const char* url : {"http://z/a", "http://a/b", "http://a/a", "http://m/a?q", "http://m/"}) put(url);
    EXPECT_EQ(texts(), "m/ a/a z/a m/a?q a/b");
    for (std::size_t limit = 1; limit <= 5; ++limit) EXPECT_EQ(texts({}, limit), "m/ a/a z/a m/a?q a/b") << limit;
}

TEST_F(Listing, NothingHasNoNextPage) {
    EXPECT_EQ(texts(), "");
    EXPECT_EQ(pages, 1u);
}

TEST_F(Listing, APageThatHoldsAllHasNoNextOne) {
    for (const char* url : {"http://h/1", "http://h/2", "http://h/3"}) put(url);
    EXPECT_EQ(all({}, 3).size(), 3u);
    EXPECT_EQ(pages, 1u);
}

TEST_F(Listing, PagesAreFilledUpToTheirLimit) {
    for (std::size_t i = 0; i < 1000; ++i) put(numbered(i));
    EXPECT_EQ(all({}, 100).size(), 1000u);
    EXPECT_LE(pages, 11u);
}

TEST_F(Listing, APageLooksAtABoundedNumberOfKeys) {
    Cache large(256 * config::MiB);
    for (std::size_t i = 0; i < 60'000; ++i) large.put(numbered(i), {.content = {}});
    large.put("http://h/zebra", {.tags = {"striped"}});
    KeyFilter filter;
    filter.tags = {"striped"};
    std::optional<KeyPosition> after;
    std::vector<KeyRow> found;
    std::size_t asked = 0;
    do {
        KeyPage page = large.layer.list(filter, after, 100);
        EXPECT_TRUE(!page.behind || !after || *after < *page.behind);
        std::move(page.rows.begin(), page.rows.end(), std::back_inserter(found));
        after = page.behind;
        ++asked;
    } while (after);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].text, "http://h/zebra");
    EXPECT_GE(asked, 3u);
    EXPECT_LE(asked, 6u);
}

TEST_F(Listing, APrefixIsOfTheWholeKey) {
    for (const char* url : {"http://a/w/1", "http://a/w/2", "http://b/w/1", "http://a/x", "http://ab/w/1"}) put(url);
    EXPECT_EQ(texts({.prefix = "http://a/w/"}), "a/w/1 a/w/2");
    EXPECT_EQ(texts({.prefix = "http://a"}), "a/w/1 ab/w/1 a/w/2 a/x");
    EXPECT_EQ(texts({.prefix = "https://"}), "");
    EXPECT_EQ(texts({.prefix = "http://a/w/1"}), "a/w/1");
}

TEST_F(Listing, APrefixFromTheSlashIsOfThePathOnEveryHost) {
    for (const char* url : {"http://a/w/1", "http://b/w/1", "http://a/x/w/1"}) put(url);
    EXPECT_EQ(texts({.prefix = "/w"}), "a/w/1 b/w/1");
}

TEST_F(Listing, APrefixGoesOnFromWhereAPageEnded) {
    for (std::size_t i = 0; i < 50; ++i) put("http://h/in/" + std::to_string(i)), put(numbered(i));
    EXPECT_EQ(all({.prefix = "http://h/in/"}, 7).size(), 50u);
}

TEST_F(Listing, EachMemberOfTheFilterCounts) {
    put_like("http://h/1", "workouts", "WORKOUT", "1");
    put_like("http://h/2", "workouts", "WORKOUT", "2");
    put_like("http://h/3", "users", "USER", "2");
    put("http://h/4", {.tags = {"red", "blue"}});
    KeyFilter filter;
    filter.strategy_name = "workouts";
    EXPECT_EQ(texts(filter), "h/1 h/2");
    filter.resource_id = "2";
    EXPECT_EQ(texts(filter), "h/2");
    filter.strategy_name.clear();
    EXPECT_EQ(texts(filter), "h/2 h/3");
    filter.resource_type = "USER";
    EXPECT_EQ(texts(filter), "h/3");
    EXPECT_EQ(texts({.tags = {"blue"}}), "h/4");
}

TEST_F(Listing, AKeyIsListedWhenOneOfItsVariantsIsTaken) {
    put("http://h/1", {.ticket = 1, .tags = {"red"}, .vary = language("de")});
    put("http://h/1", {.ticket = 2, .tags = {"blue"}, .vary = language("fr")});
    EXPECT_EQ(texts({.tags = {"none", "red"}}), "h/1");
}

TEST_F(Listing, ARowSumsUpTheVariants) {
    put("http://h/1", {.content = "12345", .ticket = 1, .vary = language("de"), .freshness = 100});
    put("http://h/1", {.content = "123", .ticket = 2, .vary = language("fr"), .freshness = 10});
    const auto rows = all();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].variants, 2u);
    EXPECT_EQ(rows[0].data_size, 8u);
    EXPECT_GT(rows[0].stored_size, 8u);
    EXPECT_LE(rows[0].stored_size, bytes());
    EXPECT_EQ(rows[0].expires_at, now + 100);
    EXPECT_EQ(rows[0].newest->vary, language("fr"));
    EXPECT_TRUE(rows[0].fresh);
}

TEST_F(Listing, WhatIsInvalidatedIsListedAsNotFresh) {
    put("http://h/1", {.freshness = 100});
    erase(Pick::all(), Erasure::soft);
    const auto rows = all();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_FALSE(rows[0].fresh);
    EXPECT_EQ(rows[0].expires_at, now + 100);
}

TEST_F(Listing, ARowTellsHowOftenTheKeyWasUsed) {
    const Key key("http://h/1");
    put(key.text);
    EXPECT_EQ(all()[0].use.last_accessed, 0);
    layer.find(key.view, now + 1);
    layer.find(key.view, now + 2);
    layer.count_miss(key.view, now + 3);
    const KeyUse use = all()[0].use;
    EXPECT_EQ(use.hit_count, 2u);
    EXPECT_EQ(use.miss_count, 1u);
    EXPECT_EQ(use.created_at, now);
    EXPECT_EQ(use.last_accessed, now + 3);
    EXPECT_EQ(all()[0].use.hit_count, 2u) << "looking is no use";
}

// One key comes and one goes between two pages.
TEST_F(Listing, KeysThatStayAreEachListedOnceWhileOthersChange) {
    constexpr std::size_t count = 2000;
    for (std::size_t i = 0; i < count; i += 2) put(numbered(i));
    std::size_t next = 1;
    std::set<std::string> met;
    std::optional<KeyPosition> after;
    do {
        const KeyPage page = layer.list({}, after, 10);
        for (const KeyRow& row : page.rows) EXPECT_TRUE(met.insert(row.text).second) << row.text;
        after = page.behind;
        put(numbered(next % count));
        erase(Pick::one(Key(numbered((next + 400) % count))));
        next += 2;
    } while (after);
    for (std::size_t i = 0; i < count; i += 2) EXPECT_TRUE(met.contains(numbered(i))) << i;
}

TEST(Horizon, IsTheLeastPlaceWhereAPartBrokeOff) {
    const auto page = [](std::optional<KeyPosition> behind) { return KeyPage{{}, std::move(behind)}; };
    EXPECT_EQ(horizon({}), std::nullopt);
    EXPECT_EQ(horizon({page(std::nullopt), page(std::nullopt)}), std::nullopt);
    const KeyPosition low{"http://h/a", 8}, high{"http://a/b", 8};
    EXPECT_EQ(horizon({page(high), page(std::nullopt), page(low)}), low);
}

}  // namespace
}  // namespace larder::storage
