#include "policy/tickets.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <thread>

#include "tests/policy/purging.h"

namespace larder::policy {
namespace {

using storage::Erasure;
using storage::Stored;
using Ticket = Tickets::Ticket;

const std::string url = "http://a.example/articles/7?page=2";

struct Case {
    const char* id;
    std::function<InvalidationPtr()> purge;
    bool selects;  // the response below
};

// For the response of `url` with tag "news", stored by strategy "articles".
const std::vector<Case> cases = {
    {"key", [] { return purge_of_key(url); }, true},
    {"key without its query", [] { return purge_of_key("http://a.example/articles/7"); }, false},
    {"other scheme", [] { return purge_of_key("https://a.example/articles/7?page=2"); }, true},
    {"pattern", [] { return purge_of_pattern("/articles/**"); }, true},
    {"pattern with host", [] { return purge_of_pattern("a.example/articles/{id}"); }, true},
    {"pattern with another host", [] { return purge_of_pattern("b.example/articles/*"); }, false},
    {"pattern of another path", [] { return purge_of_pattern("/articles/8"); }, false},
    {"tag",
     [] {
         return purge_of_tags({"sport", "news"});
     },
     true},
    {"other tag",
     [] {
         return purge_of_tags({"new", "newsletter"});
     },
     false},
    {"flush", [] { return purge_of_all(); }, true},
    {"flush of its strategy", [] { return purge_of_strategy("articles"); }, true},
    {"flush of another strategy", [] { return purge_of_strategy("images"); }, false},
};

storage::ObjectPtr fetched(Sequence ticket) {
    return Purging::response(ticket, {"news"}, "articles");
}

TEST(Tickets, NumberFetchesAndInvalidationsInOneOrder) {
    Tickets tickets(10);
    const auto before = tickets.begin();
    const auto purge = purge_of_all();
    tickets.enter(purge);
    const auto after = tickets.begin();
    EXPECT_LT(before.sequence(), purge->sequence);
    EXPECT_LT(purge->sequence, after.sequence());
}

TEST(Tickets, AFetchOvertakenByAPurgeIsStoredOnlyIfThePurgeDoesNotSelectIt) {
    for (const Case& c : cases) {
        for (const Erasure erasure : {Erasure::hard, Erasure::soft}) {
            Purging test;
            const auto ticket = test.tickets.begin();
            const auto purge = c.purge();
            purge->erasure = erasure;
            test.purge(purge);
            EXPECT_EQ(test.store(url, fetched(ticket.sequence()), ticket),
                      c.selects ? Stored::invalidated : Stored::yes)
                << c.id;
            EXPECT_EQ(test.cache.has(url), !c.selects) << c.id;
        }
    }
}

TEST(Tickets, AFetchThatBeganAfterThePurgeIsStored) {
    for (const Case& c : cases) {
        Purging test;
        const auto older = test.tickets.begin();  // keeps the purge known
        test.purge(c.purge());
        const auto ticket = test.tickets.begin();
        EXPECT_EQ(test.store(url, fetched(ticket.sequence()), ticket), Stored::yes) << c.id;
    }
}

TEST(Tickets, APurgeFindsWhatWasStoredBeforeIt) {
    for (const Case& c : cases) {
        Purging test;
        test.has_stored(url, {"news"}, "articles");
        EXPECT_EQ(test.purge(c.purge()), c.selects ? 1u : 0u) << c.id;
        EXPECT_EQ(test.cache.has(url), !c.selects) << c.id;
    }
}

TEST(Tickets, ANotModifiedThatAPurgeOvertookRevivesNothing) {
    for (const Case& c : cases) {
        for (const Erasure erasure : {Erasure::hard, Erasure::soft}) {
            Purging test;
            test.has_stored(url, {"news"}, "articles");
            const auto old = test.cache.get(url)->variants.front();
            const auto revalidation = test.tickets.begin();
            const auto purge = c.purge();
            purge->erasure = erasure;
            test.purge(purge);
            const auto outcome = test.cache.layer.refresh(storage::Key(url).view, old.get(),
                                                          fetched(revalidation.sequence()), revalidation, storage::now);
            EXPECT_EQ(outcome, c.selects ? Stored::invalidated : Stored::yes) << c.id;
            const auto found = test.cache.get(url);
            const bool fresh = found && found->variants.front()->lifetime.fresh(storage::now);
            EXPECT_EQ(fresh, !c.selects) << c.id;
        }
    }
}

TEST(Tickets, OfTwoFetchesTheOneThatBeganLaterStays) {
    Purging test;
    const auto first = test.tickets.begin();
    const auto second = test.tickets.begin();
    EXPECT_EQ(test.store(url, storage::make({.content = "new", .ticket = second.sequence()}), second), Stored::yes);
    EXPECT_EQ(test.store(url, storage::make({.content = "old", .ticket = first.sequence()}), first),
              Stored::superseded);
    EXPECT_EQ(test.cache.contents(url), "new");
}

TEST(Tickets, AFetchFromBeforeAPurgeDoesNotReplaceOneFromAfterIt) {
    Purging test;
    const auto first = test.tickets.begin();
    test.purge(purge_of_key(url));
    const auto second = test.tickets.begin();
    EXPECT_EQ(test.store(url, storage::make({.content = "new", .ticket = second.sequence()}), second), Stored::yes);
    EXPECT_EQ(test.store(url, storage::make({.content = "old", .ticket = first.sequence()}), first),
              Stored::invalidated);
    EXPECT_EQ(test.cache.contents(url), "new");
}

TEST(Tickets, APurgeWithoutAnyFetchUnderWayIsNotKept) {
    Tickets tickets(10);
    tickets.enter(purge_of_all());
    EXPECT_EQ(tickets.kept(), 0u);
}

TEST(Tickets, APurgeIsKeptUntilNoFetchIsOlder) {
    Tickets tickets(10);
    auto first = tickets.begin();
    tickets.enter(purge_of_key("http://a/1"));
    auto second = tickets.begin();
    tickets.enter(purge_of_key("http://a/2"));
    auto third = tickets.begin();
    EXPECT_EQ(tickets.kept(), 2u);
    EXPECT_EQ(tickets.outstanding(), 3u);

    first.reset();
    EXPECT_EQ(tickets.kept(), 1u);
    third.reset();
    EXPECT_EQ(tickets.kept(), 1u);
    second.reset();
    EXPECT_EQ(tickets.kept(), 0u);
    EXPECT_EQ(tickets.outstanding(), 0u);
}

TEST(Tickets, AYoungerFetchThatEndsPrunesNothing) {
    Tickets tickets(10);
    const auto oldest = tickets.begin();
    tickets.enter(purge_of_key(url));
    { const auto younger = tickets.begin(); }
    EXPECT_EQ(tickets.kept(), 1u);
    EXPECT_FALSE(oldest.permits(storage::Key(url).view, *fetched(oldest.sequence())));
}

TEST(Tickets, AFullBacklogRefusesWhatIsUnderWayAndNothingElse) {
    Purging test(2);
    test.has_stored("http://a/kept");
    {
        const auto under_way = test.tickets.begin();
        for (const char* key : {"http://a/1", "http://a/2", "http://a/3"}) test.purge(purge_of_key(key));
        EXPECT_LE(test.tickets.kept(), 2u);

        for (const char* key : {"http://a/1", "http://a/2", "http://a/3", "http://a/unrelated"}) {
            EXPECT_EQ(test.store(key, Purging::response(under_way.sequence()), under_way), Stored::invalidated) << key;
        }
        const auto later = test.tickets.begin();
        EXPECT_EQ(test.store("http://a/1", Purging::response(later.sequence()), later), Stored::yes);
        EXPECT_TRUE(test.cache.has("http://a/kept"));

        // Invalidations count on after that.
        test.purge(purge_of_key("http://a/4"));
        EXPECT_EQ(test.store("http://a/4", Purging::response(later.sequence()), later), Stored::invalidated);
        EXPECT_EQ(test.store("http://a/5", Purging::response(later.sequence()), later), Stored::yes);
    }
    const auto next = test.tickets.begin();
    EXPECT_EQ(test.store("http://a/unrelated", Purging::response(next.sequence()), next), Stored::yes);
}

TEST(Tickets, ABacklogThatIsJustFullRefusesOnlyWhatItSelects) {
    Purging test(2);
    const auto under_way = test.tickets.begin();
    test.purge(purge_of_key("http://a/1"));
    test.purge(purge_of_key("http://a/2"));
    EXPECT_EQ(test.tickets.kept(), 2u);
    EXPECT_EQ(test.store("http://a/unrelated", Purging::response(under_way.sequence()), under_way), Stored::yes);
}

TEST(Tickets, ASmallerBacklogForgetsNoInvalidation) {
    Purging test(10);
    const auto under_way = test.tickets.begin();
    for (const char* key : {"http://a/1", "http://a/2", "http://a/3"}) test.purge(purge_of_key(key));
    test.tickets.change_backlog(2);
    EXPECT_EQ(test.tickets.kept(), 3u);
    EXPECT_EQ(test.store("http://a/1", Purging::response(under_way.sequence()), under_way), Stored::invalidated);
    EXPECT_EQ(test.store("http://a/unrelated", Purging::response(under_way.sequence()), under_way), Stored::yes);

    test.purge(purge_of_key("http://a/4"));
    EXPECT_LE(test.tickets.kept(), 2u);
    for (const char* key : {"http://a/1", "http://a/4", "http://a/unrelated"}) {
        EXPECT_EQ(test.store(key, Purging::response(under_way.sequence()), under_way), Stored::invalidated) << key;
    }
}

TEST(Tickets, ALargerBacklogKeepsMore) {
    Purging test(1);
    const auto under_way = test.tickets.begin();
    test.purge(purge_of_key("http://a/1"));
    test.tickets.change_backlog(3);
    test.purge(purge_of_key("http://a/2"));
    test.purge(purge_of_key("http://a/3"));
    EXPECT_EQ(test.tickets.kept(), 3u);
    EXPECT_EQ(test.store("http://a/unrelated", Purging::response(under_way.sequence()), under_way), Stored::yes);
}

TEST(Tickets, ARequestJoinsOnlyAFetchThatNoInvalidationCouldSelect) {
    // Nobody knows yet what tags the response will have, nor what its No-Vary-Search makes equal: every purge by tag
    // may concern it, and every one of a URL with its path.
    for (const Case& c : cases) {
        Tickets tickets(10);
        const auto before = tickets.begin();
        tickets.enter(c.purge());
        const auto after = tickets.begin();
        const storage::Key key(url);
        const auto type = c.purge()->type;
        const bool may = !c.selects && type != InvalidationType::tag_based && type != InvalidationType::single_key;
        EXPECT_EQ(tickets.joinable(key.view, "articles", before.sequence()), may) << c.id;
        EXPECT_TRUE(tickets.joinable(key.view, "articles", after.sequence())) << c.id;
    }
}

TEST(Tickets, AFullBacklogLetsNobodyJoinWhatIsUnderWay) {
    Tickets tickets(1);
    const auto before = tickets.begin();
    tickets.enter(purge_of_key("http://a/1"));
    tickets.enter(purge_of_key("http://a/2"));
    const auto after = tickets.begin();
    const storage::Key key("http://a/unrelated");
    EXPECT_FALSE(tickets.joinable(key.view, "all", before.sequence()));
    EXPECT_TRUE(tickets.joinable(key.view, "all", after.sequence()));
}

TEST(Ticket, EndsOnceHoweverItIsMoved) {
    Tickets tickets(10);
    std::optional<Ticket> first(tickets.begin());
    Ticket second = std::move(*first);
    first.reset();
    EXPECT_EQ(tickets.outstanding(), 1u);
    second = tickets.begin();  // the one it held ends
    EXPECT_EQ(tickets.outstanding(), 1u);
    second.reset();
    second.reset();
    EXPECT_EQ(tickets.outstanding(), 0u);
}

// Fetches and purges on several threads: once a purge is acknowledged, nothing older than it is to be found.
TEST(Tickets, NoStoreUndoesAnAcknowledgedPurge) {
    Purging test(3);
    std::atomic<bool> stop = false;
    const auto fetch_and_store = [&] {
        while (!stop.load()) {
            const auto ticket = test.tickets.begin();
            test.store(url, fetched(ticket.sequence()), ticket);
        }
    };
    std::thread one(fetch_and_store), two(fetch_and_store);
    int seen = 0;
    for (int i = 0; i < 400; ++i) {
        const auto purge = cases[static_cast<std::size_t>(i) % cases.size()].purge();
        test.purge(purge);
        if (!cases[static_cast<std::size_t>(i) % cases.size()].selects) continue;
        if (const auto found = test.cache.get(url)) {
            ++seen;
            EXPECT_GT(found->variants.front()->ticket, purge->sequence) << i;
        }
    }
    stop = true;
    one.join();
    two.join();
    RecordProperty("found_after_a_purge", seen);
    EXPECT_EQ(test.tickets.outstanding(), 0u);
    EXPECT_EQ(test.tickets.kept(), 0u);
}

// The lookup took its ticket after the purge was entered, and found what the purge had not reached yet.
TEST(Tickets, LookupBegunWhileAPurgeIsAppliedIsHeldToIt) {
    Tickets tickets(10);
    const std::string text = "http://a/1";
    const storage::KeyView key{text, storage::hash_key(text, 0), 8};
    storage::Object old;
    old.ticket = tickets.begin().sequence();
    auto applying = tickets.enter(Invalidation::flush(std::nullopt));
    const auto lookup = tickets.begin();
    EXPECT_FALSE(lookup.permits(key, old));
    applying.reset();
    EXPECT_FALSE(lookup.permits(key, old));
    EXPECT_EQ(tickets.kept(), 1u);
    auto later = tickets.begin();
    later.reset();
    EXPECT_EQ(tickets.kept(), 1u);
}

// Older invalidations have reached whatever it finds.
TEST(Tickets, ALookupBegunAfterAPurgeMayPromoteWhatThePurgeSelects) {
    Purging test;
    const auto slow = test.tickets.begin();  // keeps the purge known
    const auto object = fetched(test.tickets.begin().sequence());
    const storage::Key key(url);
    for (const Case& c : cases) test.purge(c.purge());
    const auto lookup = test.tickets.begin();
    EXPECT_TRUE(lookup.permits(key.view, *object));
    EXPECT_EQ(test.store(url, object, lookup), Stored::yes);
    for (const Case& c : cases) {
        if (!c.selects) continue;
        const auto next = test.tickets.begin();
        test.purge(c.purge());
        EXPECT_FALSE(next.permits(key.view, *object)) << c.id;
    }
}

TEST(Tickets, AFullBacklogRefusesNothingAtRest) {
    Purging test(2);
    const storage::Key key("http://a/kept");
    const auto object = Purging::response(test.tickets.begin().sequence());
    const auto slow = test.tickets.begin();
    for (int i = 0; i < 10; ++i) {
        test.purge(purge_of_key("http://a/" + std::to_string(i)));
        const auto lookup = test.tickets.begin();
        EXPECT_TRUE(lookup.permits(key.view, *object)) << i;
        EXPECT_TRUE(test.tickets.permits(key.view, *Purging::response(lookup.sequence()), lookup.sequence())) << i;
        EXPECT_EQ(test.store("http://a/promoted", object, lookup), Stored::yes) << i;
    }
    EXPECT_EQ(test.store("http://a/unrelated", Purging::response(slow.sequence()), slow), Stored::invalidated);
    EXPECT_EQ(test.tickets.refused(), 1u);
}

// Of the fetches under way the oldest are given up, and those that are young enough are judged by what is kept.
TEST(Tickets, AFullBacklogRefusesTheOldestFirst) {
    Purging test(2);
    std::vector<Tickets::Ticket> under_way;
    for (int i = 0; i < 5; ++i) {
        under_way.push_back(test.tickets.begin());
        test.purge(purge_of_key("http://a/" + std::to_string(i)));
    }
    for (std::size_t i = 0; i < under_way.size(); ++i) {
        const auto stored =
            test.store("http://a/x" + std::to_string(i), Purging::response(under_way[i].sequence()), under_way[i]);
        EXPECT_EQ(stored, i < 3 ? Stored::invalidated : Stored::yes) << i;
    }
    EXPECT_EQ(test.tickets.refused(), 3u);
}

TEST(Tickets, NothingIsKeptForAFetchThatIsRefusedAnyway) {
    Tickets tickets(2);
    const auto slow = tickets.begin();
    for (int i = 0; i < 3; ++i) tickets.enter(purge_of_key("http://a/" + std::to_string(i)));
    EXPECT_EQ(tickets.kept(), 0u);
    EXPECT_EQ(tickets.kept_bytes(), 0u);
}

TEST(Tickets, ThePurgesOfOneKeyAreOneEntry) {
    Purging test(3);
    const auto under_way = test.tickets.begin();
    for (int i = 0; i < 1000; ++i) {
        test.purge(purge_of_key("http://a/1"));
        test.purge(purge_of_tags({"t"}));
        test.purge(purge_of_pattern("/p/**"));
    }
    EXPECT_EQ(test.tickets.kept(), 3u);
    EXPECT_EQ(test.tickets.refused(), 0u);
    EXPECT_EQ(test.store("http://a/1", Purging::response(under_way.sequence()), under_way), Stored::invalidated);
    EXPECT_EQ(test.store("http://a/2", Purging::response(under_way.sequence()), under_way), Stored::yes);
    const auto later = test.tickets.begin();
    EXPECT_EQ(test.store("http://a/1", Purging::response(later.sequence()), later), Stored::yes);
}

TEST(Tickets, AHardAndASoftPurgeAreTwoEntries) {
    Tickets tickets(10);
    const auto under_way = tickets.begin();
    for (const Erasure erasure : {Erasure::hard, Erasure::soft}) {
        const auto purge = purge_of_key(url);
        purge->erasure = erasure;
        tickets.enter(purge);
    }
    EXPECT_EQ(tickets.kept(), 2u);
}

TEST(Tickets, TheBytesOfTheBacklogAreBounded) {
    constexpr std::uint64_t bytes = 100'000;
    Tickets tickets(1'000'000, 0, bytes);
    const auto slow = tickets.begin();
    const auto young = [&] { return tickets.begin(); };
    for (int i = 0; i < 1000; ++i) {
        const auto keeps = young();
        tickets.enter(purge_of_key("http://a/" + std::to_string(i) + std::string(8000, 'x')));
        EXPECT_LE(tickets.kept_bytes(), bytes) << i;
    }
    EXPECT_FALSE(slow.permits(storage::Key("http://a/x").view, *Purging::response(slow.sequence())));
    std::uint64_t most = 0;
    const auto other = tickets.begin();
    for (int i = 0; i < 100; ++i) {
        tickets.enter(purge_of_tags({"t" + std::to_string(i), std::string(8000, 'x')}));
        most = std::max(most, tickets.kept_bytes());
    }
    EXPECT_GT(most, 8000u);
    EXPECT_LE(most, bytes);
}

// Others would drop what a lookup that begins now may still find.
TEST(Tickets, AnOverflowForgetsNoPurgeThatIsBeingApplied) {
    Tickets tickets(2);
    const storage::Key key(url);
    const auto old = fetched(tickets.begin().sequence());
    const auto slow = tickets.begin();
    auto applying = tickets.enter(purge_of_key(url));
    for (int i = 0; i < 10; ++i) tickets.enter(purge_of_key("http://a/" + std::to_string(i)));
    const auto lookup = tickets.begin();
    EXPECT_FALSE(lookup.permits(key.view, *old));
    applying.reset();
    for (int i = 0; i < 10; ++i) tickets.enter(purge_of_key("http://b/" + std::to_string(i)));
    EXPECT_FALSE(lookup.permits(key.view, *old));
    EXPECT_TRUE(tickets.begin().permits(key.view, *old));
}

// Who made an invalidation knows that what he brings came after it; no other one is excused with it.
TEST(Tickets, OwnInvalidationsCanBeLeftOut) {
    Purging purging;
    const storage::Key key("http://a/x");
    const auto fetch = purging.tickets.begin();
    const auto object = Purging::response(fetch.sequence());
    const auto own = purge_of_key("http://a/x");
    purging.tickets.enter(own);
    EXPECT_FALSE(fetch.permits(key.view, *object));
    EXPECT_TRUE(fetch.permits(key.view, *object, {own->sequence}));
    purging.tickets.enter(purge_of_pattern("/y"));
    EXPECT_TRUE(fetch.permits(key.view, *object, {own->sequence}));
    purging.tickets.enter(purge_of_key("http://a/x"));
    EXPECT_FALSE(fetch.permits(key.view, *object, {own->sequence}));
}

TEST(Tickets, AnotherPurgeOfTheSameKeyBeforeOnesOwnIsNotLeftOutWithIt) {
    for (const int own_ones : {1, 2, 20}) {
        for (const bool another : {false, true}) {
            Purging purging;
            const storage::Key key("http://a/x");
            const auto fetch = purging.tickets.begin();
            const auto object = Purging::response(fetch.sequence());
            if (another) purging.tickets.enter(purge_of_key("http://a/x"));
            std::vector<Sequence> own;
            for (int i = 0; i < own_ones; ++i) {
                const auto purge = purge_of_key("http://a/x");
                purging.tickets.enter(purge);
                own.push_back(purge->sequence);
            }
            // Of very many the oldest are not told apart, and count.
            EXPECT_EQ(fetch.permits(key.view, *object, own), !another && own_ones < 20) << own_ones << another;
        }
    }
}

}  // namespace
}  // namespace larder::policy
