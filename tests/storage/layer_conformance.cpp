#include "tests/storage/layer_conformance.h"

#include <thread>
#include <vector>

namespace larder::storage {

namespace {

constexpr const char* url = "http://h/x";

// A permit that the test takes back.
class Revocable final : public Permit {
  public:
    bool permits(const KeyView&, const Object&) const override { return !revoked; }
    std::atomic<bool> revoked{false};
};

// Notes the key that it is asked about.
class Noting final : public Permit {
  public:
    bool permits(const KeyView& key, const Object&) const override {
        const std::lock_guard lock(mutex_);
        asked_.push_back(std::string(key.text) + '@' + std::to_string(key.path_offset));
        return true;
    }
    bool only(const std::string& text) const {
        const std::lock_guard lock(mutex_);
        return !asked_.empty() && std::all_of(asked_.begin(), asked_.end(), [&](const auto& a) { return a == text; });
    }

  private:
    mutable std::mutex mutex_;
    mutable std::vector<std::string> asked_;  // under mutex_
};

// Selects what one that is entered now would, from among what came before it.
Pick all_before(std::uint64_t ticket) {
    return Pick::all().before(ticket);
}

}  // namespace

LayerConformance::Given LayerConformance::insert(const std::string& key_text, const Make& wanted, PermitPtr permit) {
    const Key key(key_text);
    Given given;
    Make made = wanted;
    if (made.ticket == Make().ticket) made.ticket = ++ticket;
    if (!permit) permit = std::make_shared<OpenPermit>();
    given.at_once = layer.insert(OwnedKey(key.view), make(made), 8, std::move(permit), given.done);
    return given;
}

LayerConformance::Given LayerConformance::refresh(const std::string& key_text, const ObjectPtr& old_one,
                                                  const Make& next, PermitPtr permit) {
    const Key key(key_text);
    Given given;
    if (!permit) permit = std::make_shared<OpenPermit>();
    given.at_once = layer.refresh(OwnedKey(key.view), old_one, make(next), std::move(permit), given.done);
    return given;
}

Reply<Layer::Found> LayerConformance::find(const std::string& key_text) {
    const Key key(key_text);
    Reply<Layer::Found> done;
    layer.find(
        OwnedKey(key.view), [](const VariantSet& set) { return set.variants.front().get(); }, done);
    return done;
}

std::string LayerConformance::content(const Layer::Found& found) {
    if (found.failed) return "failed";
    return found.object ? content_of(*found.object) : "-";
}

Reply<Layer::Applied> LayerConformance::erase(Pick pick, Erasure erasure) {
    Reply<Layer::Applied> done;
    layer.erase(std::make_shared<const Pick>(std::move(pick)), erasure, 0, done);
    return done;
}

void LayerConformance::recover() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    bool works = false;
    while (!works && std::chrono::steady_clock::now() < until) {
        works = put("http://h/recovered") == Stored::yes && get("http://h/recovered") == "content";
        if (!works) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(works);
}

TEST_P(LayerConformance, AbsenceIsAnOutcome) {
    const Layer::Found found = find(url).get();
    EXPECT_FALSE(found.failed);
    EXPECT_FALSE(found.set);
    EXPECT_FALSE(found.object);
}

TEST_P(LayerConformance, WhatWasAskedForBeforeIsSeenInTheOrderOfTheCalls) {
    for (const bool hangs : {false, true}) {
        if (hangs) under_test->hang_writes();
        std::vector<Reply<Stored>> stored;
        for (int i = 0; i < 50; ++i) {
            const std::string text = std::to_string(i);
            stored.push_back(insert(url, {.content = text}).done);
            EXPECT_EQ(get(url), text);
            erase(all_before(++ticket));
            EXPECT_EQ(get(url), "-");
        }
        stored.push_back(insert(url, {.content = "last"}).done);
        EXPECT_EQ(get(url), "last");
        under_test->resume();
        for (const auto& one : stored) EXPECT_EQ(one.get(), Stored::yes);
        EXPECT_EQ(get(url), "last");
    }
}

TEST_P(LayerConformance, WhatThePermitRefusesIsNotSeen) {
    const auto permit = std::make_shared<Revocable>();
    EXPECT_EQ(insert("http://h/kept", {.content = "old", .ticket = 2}, permit).done.get(), Stored::yes);
    permit->revoked = true;
    EXPECT_EQ(insert(url, {}, permit).done.get(), Stored::invalidated);
    EXPECT_EQ(get(url), "-");
    const auto old_one = make({.content = "old", .ticket = 2});
    EXPECT_EQ(refresh("http://h/kept", old_one, {.ticket = 3, .etag = "\"next\""}, permit).done.get(),
              Stored::invalidated);
    const Layer::Found found = find("http://h/kept").get();
    ASSERT_TRUE(found.object);
    EXPECT_EQ(found.object->etag, "");
}

// The erasure that revokes it was made before the layer was given the store: nothing else hides it.
TEST_P(LayerConformance, WhatIsQueuedIsNotSeenOnceItsPermitIsRefused) {
    under_test->hang_writes();
    const auto permit = std::make_shared<Revocable>();
    const auto stored = insert(url, {}, permit).done;
    EXPECT_EQ(get(url), "content");
    permit->revoked = true;
    EXPECT_EQ(get(url), "-");
    under_test->resume();
    stored.get();
}

TEST_P(LayerConformance, ThePermitIsAskedAboutTheWholeKey) {
    const auto permit = std::make_shared<Noting>();
    insert("http://host/p", {.ticket = 2}, permit).done.get();
    refresh("http://host/p", make({.ticket = 2}), {.ticket = 3}, permit).done.get();
    EXPECT_TRUE(permit->only("http://host/p@11"));
}

TEST_P(LayerConformance, ThePermitIsLetGoOfBeforeTheAnswer) {
    for (const bool given_up : {false, true}) {
        const auto permit = std::make_shared<Revocable>();
        permit->revoked = given_up;
        std::promise<long> holders;
        const Key key(url);
        layer.insert(OwnedKey(key.view), make({.ticket = ++ticket}), 8, permit,
                     [&](Stored) { holders.set_value(permit.use_count()); });
        EXPECT_EQ(holders.get_future().get(), 1) << given_up;
    }
}

TEST_P(LayerConformance, AFullQueueSkipsStoresAtOnceAndTakesErasures) {
    under_test->hang_writes();
    std::vector<Given> given;
    const std::string large(256 * 1024, 'x');
    for (int i = 0; i < 10'000; ++i) {
        given.push_back(insert("http://h/" + std::to_string(i), {.content = large}));
        if (given.back().at_once != Stored::yes) break;
    }
    ASSERT_EQ(given.back().at_once, Stored::skipped);
    EXPECT_EQ(given.back().done.times(), 1u);
    EXPECT_EQ(given.back().done.get(), Stored::skipped);
    given.pop_back();
    const auto erased = erase(Pick::below("/", "h").before(++ticket));
    EXPECT_EQ(get("http://h/0"), "-");
    under_test->resume();
    for (const Given& one : given) {
        EXPECT_EQ(one.done.get(), Stored::yes);
        EXPECT_EQ(one.done.times(), 1u);
    }
    EXPECT_EQ(erased.get().erased.count, given.size());
    EXPECT_EQ(put(url), Stored::yes);
}

TEST_P(LayerConformance, AnswersComeOnceHoweverLate) {
    put(url);
    under_test->hang_reads();
    under_test->hang_writes();
    const auto found = find(url), other = find("http://h/y");
    const auto stored = insert("http://h/y");
    const auto erased = erase(Pick::one(Key(url)));
    EXPECT_FALSE(found.yet());
    EXPECT_FALSE(stored.done.yet());
    under_test->resume();
    EXPECT_EQ(content(found.get()), "-");  // erased before it was looked for in earnest
    other.get();
    EXPECT_EQ(stored.done.get(), Stored::yes);
    EXPECT_FALSE(erased.get().failed);
    get(url);
    for (const unsigned times : {found.times(), other.times(), stored.done.times(), erased.times()}) {
        EXPECT_EQ(times, 1u);
    }
}

TEST_P(LayerConformance, MoreQuestionsThanCanWaitFailAtOnce) {
    put(url);
    under_test->hang_reads();
    std::vector<Reply<Layer::Found>> found;
    for (int i = 0; i < 100'000 && (found.empty() || !found.back().yet()); ++i) found.push_back(find(url));
    ASSERT_TRUE(found.back().yet());
    EXPECT_TRUE(found.back().get().failed);
    found.pop_back();
    std::atomic<bool> refused{false};
    std::atomic<int> pages{0};
    int asked = 0;
    for (; asked < 100'000 && !refused; ++asked) {
        layer.list({}, {}, 1, [&](const KeyPage&, bool failed) {
            ++pages;
            if (failed) refused = true;
        });
    }
    EXPECT_TRUE(refused);
    under_test->resume();
    for (const auto& one : found) EXPECT_EQ(content(one.get()), "content");
    EXPECT_EQ(get(url), "content");
    while (pages < asked) std::this_thread::yield();
}

TEST_P(LayerConformance, AnErasureHoldsFromTheCallOn) {
    put(url, {.tags = {"t"}});
    under_test->hang_writes();
    const auto erased = erase(Pick::tagged({"t"}).before(++ticket));
    EXPECT_EQ(get(url), "-");
    EXPECT_FALSE(erased.yet());
    under_test->resume();
    EXPECT_EQ(erased.get().erased.count, 1u);
    EXPECT_EQ(get(url), "-");
}

TEST_P(LayerConformance, MoreErasuresThanCanWaitTakeEverythingAlong) {
    put(url);
    put("http://h/y");
    under_test->hang_writes();
    const std::string long_prefix(8000, 'p');
    std::vector<Reply<Layer::Applied>> erased;
    for (int i = 0; i < 100'000 && (erased.empty() || !erased.back().yet()); ++i) {
        erased.push_back(erase(Pick::below("/none/" + std::to_string(i) + long_prefix).before(++ticket)));
    }
    ASSERT_TRUE(erased.back().yet());
    EXPECT_TRUE(erased.back().get().failed);
    EXPECT_FALSE(erased.back().get().durable);
    // Among those that nobody keeps is one that selects it.
    EXPECT_TRUE(erase(Pick::one(Key(url)).before(++ticket)).get().failed);
    EXPECT_EQ(get(url), "failed");
    EXPECT_NE(insert("http://h/z").at_once, Stored::yes);
    EXPECT_FALSE(layer.stats().available);
    under_test->resume();
    for (const auto& one : erased) one.get();
    while (get(url) == "failed") std::this_thread::yield();
    EXPECT_EQ(get(url), "-");
    recover();
    EXPECT_EQ(get(url), "-");
    EXPECT_EQ(get("http://h/y"), "-");
    for (const auto& one : erased) EXPECT_EQ(one.times(), 1u);
}

TEST_P(LayerConformance, WhatItWasAskedIsAnsweredWhenItStops) {
    for (int i = 0; i < 20; ++i) put("http://h/" + std::to_string(i));
    under_test->hang_reads();
    under_test->hang_writes();
    std::vector<Reply<Layer::Found>> found;
    std::vector<Reply<Stored>> stored;
    std::vector<Reply<Layer::Applied>> erased;
    for (int i = 0; i < 200; ++i) {
        const std::string text = "http://h/" + std::to_string(i % 30);
        found.push_back(find(text));
        stored.push_back(insert(text).done);
        stored.push_back(refresh(text, make(), {.ticket = ++ticket}).done);
        if (i % 10 == 0) erased.push_back(erase(Pick::one(Key(text)).before(++ticket)));
    }
    under_test->stop();
    for (const auto& one : found) EXPECT_EQ(one.times(), 1u);
    for (const auto& one : stored) EXPECT_EQ(one.times(), 1u);
    for (const auto& one : erased) EXPECT_EQ(one.times(), 1u);
}

// Whatever call of the technology fails: all is answered, nothing is served that was erased or never put, and the layer
// works again.
TEST_P(LayerConformance, TheNthCallMayFail) {
    for (const unsigned times : {1u, 1'000'000u}) {
        bool struck = true;
        for (unsigned nth = 1; nth < 60 && struck; nth += nth < 5 ? 1 : 5) {
            put("http://h/erased", {.content = "erased"});
            put("http://h/old", {.content = "old"});
            under_test->fail(nth, times);
            std::vector<Reply<Stored>> stored;
            stored.push_back(insert("http://h/old", {.content = "new"}).done);
            stored.push_back(insert("http://h/large", {.content = std::string(100'000, 'l')}).done);
            stored.back().get();
            erase(Pick::one(Key("http://h/erased")).before(++ticket)).get();
            const std::string after = get("http://h/erased");
            EXPECT_TRUE(after == "-" || after == "failed") << nth << " " << times << ": " << after;
            stored.push_back(insert("http://h/last").done);
            for (const auto& one : stored) one.get();
            struck = under_test->fail(0, 0);
            recover();
            EXPECT_EQ(get("http://h/erased"), "-") << nth << " " << times;
            const std::string old = get("http://h/old"), large = get("http://h/large");
            EXPECT_TRUE(old == "old" || old == "new" || old == "-") << old;
            EXPECT_TRUE(large == "-" || large == std::string(100'000, 'l')) << large.size();
            for (const auto& one : stored) EXPECT_EQ(one.times(), 1u);
        }
        EXPECT_FALSE(struck) << "the script has more calls than were tried";
    }
}

}  // namespace larder::storage
