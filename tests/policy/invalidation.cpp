#include "policy/invalidation.h"

#include <gtest/gtest.h>

#include <set>

#include "policy/tags.h"
#include "tests/policy/purging.h"

namespace larder::policy {
namespace {

using storage::Selection;

struct Response {
    std::string key;
    std::vector<std::string> tags = {};
    std::string strategy = "pages";
};

const std::vector<Response> responses = {
    {"http://a.example/", {"home"}},
    {"http://a.example/news", {"news", "home"}},
    {"http://a.example/news?page=2", {"news"}},
    {"http://a.example/news?page=2 Accept-Language=de", {"news", "german"}},
    {"http://a.example/news?page=2 Accept-Language", {"news"}},
    {"http://a.example/news?page=20", {}},
    {"http://a.example/news/", {}},
    {"http://a.example/news/7", {"news"}, "articles"},
    {"http://a.example/news/7/comments", {}, "articles"},
    {"http://a.example/newsletter", {"newsletter"}},
    {"https://a.example/news", {"news"}},
    {"http://a.example:8080/news", {}},
    {"http://b.a.example/news", {}},
    {"http://[2001:db8::1]/news", {}},
};

struct Case {
    const char* id;
    InvalidationPtr invalidation;
    std::set<std::string> keys;  // it selects
};

std::vector<Case> cases() {
    return {
        {"a key, under both schemes",
         purge_of_key("http://a.example/news"),
         {"http://a.example/news", "https://a.example/news"}},
        {"a key with a port", purge_of_key("https://a.example:8080/news"), {"http://a.example:8080/news"}},
        {"a key of an address", purge_of_key("https://[2001:db8::1]/news"), {"http://[2001:db8::1]/news"}},
        {"a key with all its key fields",
         purge_of_key("http://a.example/news?page=2"),
         {"http://a.example/news?page=2", "http://a.example/news?page=2 Accept-Language=de",
          "http://a.example/news?page=2 Accept-Language"}},
        {"a key with these key fields",
         purge_of_key("http://a.example/news?page=2 Accept-Language=de"),
         {"http://a.example/news?page=2 Accept-Language=de"}},
        {"an unknown key", purge_of_key("http://a.example/new"), {}},
        {"one segment, whatever the query and host",
         purge_of_pattern("/news"),
         {"http://a.example/news", "http://a.example/news?page=2", "http://a.example/news?page=2 Accept-Language=de",
          "http://a.example/news?page=2 Accept-Language", "http://a.example/news?page=20", "https://a.example/news",
          "http://a.example:8080/news", "http://b.a.example/news", "http://[2001:db8::1]/news"}},
        {"all below",
         purge_of_pattern("/news/**"),
         {"http://a.example/news/", "http://a.example/news/7", "http://a.example/news/7/comments"}},
        {"a placeholder in the middle", purge_of_pattern("/news/*/comments"), {"http://a.example/news/7/comments"}},
        {"a placeholder in front", purge_of_pattern("/*/7"), {"http://a.example/news/7"}},
        {"names below a name", purge_of_pattern("*.a.example/news"), {"http://b.a.example/news"}},
        {"an address", purge_of_pattern("[2001:db8::1]/**"), {"http://[2001:db8::1]/news"}},
        {"the root", purge_of_pattern("/"), {"http://a.example/"}},
        {"a tag", purge_of_tags({"home"}), {"http://a.example/", "http://a.example/news"}},
        {"tags, one of them twice",
         purge_of_tags({"newsletter", "german", "newsletter"}),
         {"http://a.example/newsletter", "http://a.example/news?page=2 Accept-Language=de"}},
        {"an unknown tag", purge_of_tags({"ne"}), {}},
        {"a strategy", purge_of_strategy("articles"), {"http://a.example/news/7", "http://a.example/news/7/comments"}},
    };
}

TEST(Invalidation, SelectsWhatItSays) {
    for (const Case& c : cases()) {
        c.invalidation->sequence = 2;
        for (const Response& response : responses) {
            const auto object = Purging::response(1, response.tags, response.strategy);
            EXPECT_EQ(c.invalidation->selects(storage::Key(response.key).view, *object), c.keys.contains(response.key))
                << c.id << ": " << response.key;
        }
    }
}

TEST(Invalidation, TheIndexItNamesLeadsToAllThatItSelects) {
    for (const Case& c : cases()) {
        Purging test;
        for (const Response& response : responses) test.has_stored(response.key, response.tags, response.strategy);
        EXPECT_EQ(test.purge(c.invalidation), c.keys.size()) << c.id;
        for (const Response& response : responses) {
            EXPECT_EQ(test.cache.has(response.key), !c.keys.contains(response.key)) << c.id << ": " << response.key;
        }
    }
}

TEST(Invalidation, AFlushSelectsEverything) {
    const auto flush = purge_of_all();
    flush->sequence = 2;
    for (const Response& response : responses) {
        EXPECT_TRUE(flush->selects(storage::Key(response.key).view, *Purging::response(1))) << response.key;
    }
}

TEST(Invalidation, SelectsOnlyWhatWasFetchedBeforeIt) {
    const auto flush = purge_of_all();
    flush->sequence = 5;
    const storage::Key key("http://a/");
    EXPECT_TRUE(flush->selects(key.view, *Purging::response(4)));
    EXPECT_FALSE(flush->selects(key.view, *Purging::response(5)));
    EXPECT_FALSE(flush->selects(key.view, *Purging::response(6)));
}

TEST(Invalidation, UsesTheNarrowestIndex) {
    EXPECT_EQ(purge_of_key("http://a/x")->index, Selection::Index::key);
    for (const char* spelling : {"http://a/x", "https://a/x", "http://a:443/x", "https://a:80/x"}) {
        const std::vector<storage::KeyHash> keys = purge_of_key("http://a/x")->keys;
        EXPECT_EQ(std::count(keys.begin(), keys.end(), storage::Key(spelling).view.hash), 1) << spelling;
    }
    EXPECT_EQ(purge_of_key("http://a:81/x")->keys.size(), 2u);
    EXPECT_EQ(purge_of_tags({"t"})->index, Selection::Index::tags);
    EXPECT_EQ(purge_of_pattern("/api/*/x")->index, Selection::Index::path_prefix);
    EXPECT_EQ(purge_of_pattern("/api/*/x")->path_prefix, "/api/");
    EXPECT_EQ(purge_of_pattern("/*/x")->index, Selection::Index::everything);
    EXPECT_EQ(purge_of_all()->index, Selection::Index::everything);
}

TEST(Invalidation, OnlyAPlainKeyIsLookedUpAmongKeysWithFields) {
    const auto key = purge_of_key("http://a/x?q");
    key->sequence = 7;
    const auto fielded = key->further();
    ASSERT_EQ(fielded.size(), 1u);
    EXPECT_EQ(fielded[0]->index, Selection::Index::path_prefix);
    EXPECT_EQ(fielded[0]->path_prefix, "/x?q ");
    EXPECT_EQ(fielded[0]->sequence, 7u);

    EXPECT_TRUE(purge_of_key("http://a/x Accept=1")->further().empty());
    EXPECT_TRUE(purge_of_key("no-url")->further().empty());
    EXPECT_TRUE(purge_of_pattern("/x")->further().empty());
    EXPECT_TRUE(purge_of_tags({"t"})->further().empty());
    EXPECT_TRUE(purge_of_all()->further().empty());
}

TEST(Invalidation, TakesAResourceUnderAllItsSpellings) {
    Purging purging;
    const std::vector<std::string> taken = {"http://a/x", "https://a/x", "http://a:443/x Accept=1", "https://a:80/x"};
    const std::vector<std::string> left = {"http://a:81/x", "http://aa/x", "http://a/x?", "http://a/xy"};
    for (const auto& url : taken) purging.has_stored(url);
    for (const auto& url : left) purging.has_stored(url);
    EXPECT_EQ(purging.purge(purge_of_key("https://a/x")), taken.size());
    for (const auto& url : left) EXPECT_TRUE(purging.cache.has(url)) << url;
}

const std::string ignoring_u = "params=(\"u\")", ignoring_v = "params=(\"v\")";
const std::vector<SearchVariance> variances = {{false, false, {"u"}}, {false, false, {"v"}}};

TEST(Invalidation, TakesWhatItsOwnNoVarySearchMakesEqual) {
    Purging purging;
    for (const char* url : {"http://a/x?q=1&u=1", "http://a/x?u=2&q=1", "https://a/x?q=1&u=3",
                            "http://a/x?q=1&u=4 Accept=1", "http://a/x?q=1"}) {
        purging.has_stored_marked(url, ignoring_u);
    }
    purging.has_stored_marked("http://a/x?v=1&q=1", ignoring_v);
    const std::vector<std::string> left = {"http://a/x?q=2&u=1", "http://a/y?q=1&u=1", "http://b/x?q=1&u=1"};
    for (const auto& url : left) purging.has_stored_marked(url, ignoring_u);
    purging.has_stored_marked("http://a/x?q=1&u=9", ignoring_v);
    purging.has_stored("http://a/x?q=1&u=8");
    const auto count = purge_of_key("http://a/x?q=1", variances);
    count->erasure = storage::Erasure::dry_run;
    count->sequence = 1000;
    std::uint64_t counted = purging.cache.erase(*count, count->erasure);
    for (const auto& other : count->further()) counted += purging.cache.erase(*other, count->erasure);
    EXPECT_EQ(counted, 6u);
    EXPECT_EQ(purging.purge(purge_of_key("http://a/x?q=1", variances)), 6u);
    for (const auto& url : left) EXPECT_TRUE(purging.cache.has(url)) << url;
    EXPECT_TRUE(purging.cache.has("http://a/x?q=1&u=9"));
    EXPECT_TRUE(purging.cache.has("http://a/x?q=1&u=8"));
}

TEST(Invalidation, WithKeyFieldsTakesTheEquivalentsThatHaveThem) {
    Purging purging;
    purging.has_stored_marked("http://a/x?u=1 Accept=1", ignoring_u);
    purging.has_stored_marked("http://a/x?u=1 Accept=2", ignoring_u);
    EXPECT_EQ(purging.purge(purge_of_key("http://a/x?u=2 Accept=1", variances)), 1u);
    EXPECT_TRUE(purging.cache.has("http://a/x?u=1 Accept=2"));
}

TEST(Invalidation, AnEquivalentThatIsStillToComeIsRefused) {
    Purging purging;
    const auto before = purging.tickets.begin();
    purging.purge(purge_of_key("http://a/x?q=1"));  // before anybody knows of a No-Vary-Search
    const auto late = [&](const std::string& url, const std::string& no_vary_search) {
        const auto object = Purging::response(before.sequence());
        mark(*object, url, no_vary_search);
        return purging.store(url, object, before);
    };
    EXPECT_EQ(late("http://a/x?q=1&u=1", ignoring_u), storage::Stored::invalidated);
    EXPECT_EQ(late("https://a/x?u=1&q=1", ignoring_u), storage::Stored::invalidated);
    EXPECT_EQ(late("http://a/x?q=1&u=1", ignoring_v), storage::Stored::yes);
    EXPECT_EQ(late("http://a/x?q=2&u=1", ignoring_u), storage::Stored::yes);
}

TEST(Invalidation, AnyFillOfThePathMayBringAnEquivalent) {
    Purging purging;
    const auto before = purging.tickets.begin();
    purging.purge(purge_of_key("http://a/x?q=1"));
    const auto after = purging.tickets.begin();
    const auto joinable = [&](const char* url, const Tickets::Ticket& ticket) {
        return purging.tickets.joinable(storage::Key(url).view, "all", ticket.sequence());
    };
    for (const char* url : {"http://a/x?q=1", "http://a/x?w=7", "https://a/x", "http://a/x Accept=1"}) {
        EXPECT_FALSE(joinable(url, before)) << url;
        EXPECT_TRUE(joinable(url, after)) << url;
    }
    for (const char* url : {"http://a/xy?q=1", "http://b/x?q=1", "http://a/x/"})
        EXPECT_TRUE(joinable(url, before)) << url;
}

// RFC 9875 section 2: groups are an origin's own.
TEST(Invalidation, GroupsAreOfOneOriginAlone) {
    Purging purging;
    purging.has_stored("http://a/1", {group_tag("t")});
    purging.has_stored("http://a/2", {group_tag("u")});
    purging.has_stored("http://a:80/1", {group_tag("t")});
    purging.has_stored("https://a/1", {group_tag("t")});
    purging.has_stored("http://ab/1", {group_tag("t")});
    EXPECT_EQ(purging.purge(Invalidation::grouped({"t"}, "http://a")), 1u);
    const auto ticket = purging.tickets.begin();
    const auto invalidation = Invalidation::grouped({"t"}, "http://a");
    purging.tickets.enter(invalidation);
    const storage::Key here("http://a/3"), there("http://b/3");
    EXPECT_TRUE(invalidation->may_select(here.view, "all", ticket.sequence()));
    EXPECT_FALSE(invalidation->may_select(there.view, "all", ticket.sequence()));
}

TEST(Invalidation, GroupsAreNotWhatOtherFieldsNameButTagsAreBoth) {
    Purging purging;
    purging.has_stored("http://a/tag", {"t"});
    purging.has_stored("http://a/group", {group_tag("t")});
    EXPECT_EQ(purging.purge(Invalidation::grouped({"t"}, "http://a")), 1u);
    EXPECT_TRUE(purging.cache.get("http://a/tag"));
    purging.has_stored("http://a/group", {group_tag("t")});
    purging.has_stored("http://a/both", {"t", group_tag("t")});
    EXPECT_EQ(purging.purge(Invalidation::tagged({"t"})), 3u);
}

TEST(Invalidation, ASoftOneLeavesTheResponseStale) {
    Purging test;
    test.has_stored("http://a/x");
    const auto purge = purge_of_key("http://a/x");
    purge->erasure = storage::Erasure::soft;
    EXPECT_EQ(test.purge(purge), 1u);
    const auto found = test.cache.get("http://a/x");
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->variants.front()->lifetime.fresh(storage::now));
}

TEST(Invalidation, HasTheWordsOfTheAdminApi) {
    EXPECT_STREQ(word(purge_of_key("http://a/")->type), "SINGLE_KEY");
    EXPECT_STREQ(word(purge_of_pattern("/")->type), "PATTERN_MATCH");
    EXPECT_STREQ(word(purge_of_tags({"t"})->type), "TAG_BASED");
    EXPECT_STREQ(word(purge_of_all()->type), "MANUAL_FLUSH");
}

}  // namespace
}  // namespace larder::policy
