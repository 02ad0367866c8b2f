// A disk that does not write any more: what must not be served meanwhile, and afterwards.
#include <thread>

#include "tests/storage/disk_fixture.h"
#include "tests/storage/faulty_disk.h"

namespace larder::storage {
namespace {

constexpr unsigned for_good = 1'000'000'000;

class DiskFailingTest : public DiskTest {
  protected:
    DiskFailingTest() { cache.open(); }
    ~DiskFailingTest() override {
        faulty_disk::fail(0, 0);
        faulty_disk::keep_files(false);
    }
    // More erasures than are kept, of something that is there: others need not be made.
    void erase_too_many() {
        for (int i = 0; i < 3000; ++i) {
            Pick pick = Pick::one(Key("http://h/x"));
            pick.path_prefix = std::string(8000, 'p');
            EXPECT_TRUE(cache.erase(std::move(pick)).failed);
        }
        EXPECT_EQ(cache.get("http://h/other"), "failed");
    }
    template <class Condition>
    static bool eventually(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition() && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return condition();
    }
};

TEST_F(DiskFailingTest, WhatWasErasedIsNotServedHoweverManyErasuresAreDenied) {
    cache.put("http://h/x");
    cache.put("http://h/y");
    faulty_disk::fail(1, for_good);
    EXPECT_TRUE(cache.erase(Pick::one(Key("http://h/x"))).failed);
    EXPECT_EQ(cache.get("http://h/x"), "-");
    EXPECT_EQ(cache.get("http://h/y"), "content");
    erase_too_many();
    const Layer::Applied applied = cache.erase(Pick::one(Key("http://h/y")));
    EXPECT_TRUE(applied.failed);
    for (const char* url : {"http://h/x", "http://h/y"}) {
        const std::string there = cache.get(url);
        EXPECT_TRUE(there == "failed" || there == "-") << there;
    }
    EXPECT_FALSE(std::filesystem::exists(cache.options.directory + "/intact"));
    faulty_disk::fail(0, 0);
    EXPECT_TRUE(eventually([&] { return cache.put("http://h/z") == Stored::yes; }));
    for (const char* url : {"http://h/x", "http://h/y"}) EXPECT_EQ(cache.get(url), "-");
    EXPECT_EQ(cache.get("http://h/z"), "content");
    cache.reopen();
    for (const char* url : {"http://h/x", "http://h/y"}) EXPECT_EQ(cache.get(url), "-");
    EXPECT_EQ(cache.get("http://h/z"), "content");
}

TEST_F(DiskFailingTest, ContentThatIsToBeDroppedAndCannotBeIsNotServed) {
    cache.put("http://h/x");
    faulty_disk::keep_files(true);
    faulty_disk::hang();
    while (cache.get("http://h/x") != "failed") {
        Pick pick = Pick::tagged({"none"});
        pick.path_prefix = std::string(8000, 'p');
        cache.erase_later(std::move(pick));
    }
    faulty_disk::resume();
    cache.told().wait_for("storage_failed");
    EXPECT_NE(cache.told().all().find("is to be dropped"), std::string::npos) << cache.told().all();
    EXPECT_EQ(cache.get("http://h/x"), "failed");
    EXPECT_FALSE(cache.stats().available);
    faulty_disk::keep_files(false);
    EXPECT_TRUE(eventually([&] { return cache.put("http://h/z") == Stored::yes; }));
    EXPECT_EQ(cache.get("http://h/x"), "-");
}

// What the former environment had under a number, the next one may give another body.
TEST_F(DiskFailingTest, ABodyOfBeforeAFailureIsNotReadFromTheNextEnvironment) {
    const std::string content = long_content(3'000'000);
    cache.put("http://h/x", {.content = content});
    cache.settle();
    const Layer::Found found = cache.find("http://h/x");
    ASSERT_TRUE(found.object && found.object->body->source);
    EXPECT_TRUE(DiskCache::read(*found.object->body, 0, 1000) == content.substr(0, 1000));
    faulty_disk::fail(1, 1);
    EXPECT_EQ(cache.put("http://h/y", {.content = long_content(3'000'000, 2)}), Stored::failed);
    EXPECT_TRUE(eventually([&] { return cache.put("http://h/y", {.ticket = 2}) == Stored::yes; }));
    EXPECT_EQ(DiskCache::read(*found.object->body, 1000, 1000), "");
    EXPECT_TRUE(cache.get("http://h/x") == content);
}

// Writing hangs; whoever only reads notices nothing, and nobody is held.
TEST_F(DiskFailingTest, LookupsAreAnsweredWhileWritingHangs) {
    cache.put("http://h/x");
    cache.settle();
    faulty_disk::hang();
    auto stored = cache.put_later("http://h/y", make());
    auto erased = cache.erase_later(Pick::one(Key("http://h/x")));
    EXPECT_EQ(cache.get("http://h/y"), "content");
    EXPECT_EQ(cache.get("http://h/x"), "-");
    cache.change();
    faulty_disk::resume();
    EXPECT_EQ(stored.get(), Stored::yes);
    EXPECT_EQ(erased.get().erased.count, 1u);
}

}  // namespace
}  // namespace larder::storage
