// What a layer on disk keeps over restarts, ends of the process and hand-overs.
#include <csignal>

#include <sys/wait.h>

#include "storage/disk/batch.h"
#include "storage/disk/storing.h"
#include "storage/disk/verify.h"
#include "tests/storage/disk_fixture.h"

namespace larder::storage {
namespace {

using DiskRestartTest = DiskTest;

// In a process of its own, which the function's return ends. The layer's threads are the child's.
template <class Do>
pid_t in_child(Do what) {
    const pid_t child = ::fork();
    if (child == 0) {
        what();
        ::_exit(0);
    }
    return child;
}

TEST_F(DiskRestartTest, EverythingIsThereAgain) {
    cache.open();
    cache.put("http://h/small", {.content = "small", .tags = {"t"}});
    cache.put("http://h/large", {.content = long_content(3'000'000)});
    cache.put("http://h/gone", {.tags = {"t2"}});
    cache.put("http://h/soft", {.tags = {"t3"}});
    cache.erase(Pick::tagged({"t2"}));
    cache.erase(Pick::tagged({"t3"}), Erasure::soft);
    cache.get("http://h/small");
    cache.reopen();
    EXPECT_EQ(cache.get("http://h/small"), "small");
    EXPECT_TRUE(cache.get("http://h/large") == long_content(3'000'000));
    EXPECT_EQ(cache.get("http://h/gone"), "-");
    EXPECT_TRUE(cache.find("http://h/soft").object->lifetime.invalidated);
    EXPECT_EQ(cache.list().rows.back().text, "http://h/soft");
    KeyFilter filter;
    filter.prefix = "http://h/small";
    EXPECT_EQ(cache.list(filter).rows.front().use.hit_count, 2u);
    EXPECT_EQ(cache.erased(Pick::tagged({"t"})), 1u);
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskRestartTest, NumbersGoOn) {
    cache.open();
    cache.put("http://h/a", {.content = long_content(10'000, 1)});
    cache.reopen();
    cache.put("http://h/b", {.content = long_content(10'000, 2)});
    EXPECT_TRUE(cache.get("http://h/a") == long_content(10'000, 1));
    EXPECT_TRUE(cache.get("http://h/b") == long_content(10'000, 2));
}

TEST_F(DiskRestartTest, AnotherSeedStartsEmptyAndSaysSo) {
    cache.open().put("http://h/x");
    cache.options.seed = 2;
    cache.reopen();
    EXPECT_TRUE(cache.told().has("storage_moved_aside")) << cache.told().all();
    EXPECT_EQ(cache.keys(), "");
    EXPECT_EQ(cache.put("http://h/x"), Stored::yes);
}

TEST_F(DiskRestartTest, ContentThatIsNotToBeKeptIsNot) {
    cache.open().put("http://h/x");
    cache.options.keep_content = false;
    cache.reopen();
    EXPECT_EQ(cache.get("http://h/x"), "-");
}

TEST_F(DiskRestartTest, WithoutItsMarkerItStartsEmpty) {
    cache.open().put("http://h/x");
    cache.close();
    std::filesystem::remove(cache.options.directory + "/intact");
    cache.open();
    EXPECT_TRUE(cache.told().has("storage_moved_aside"));
    EXPECT_EQ(cache.get("http://h/x"), "-");
    cache.put("http://h/x");
    cache.reopen();
    EXPECT_EQ(cache.get("http://h/x"), "content");
}

TEST_F(DiskRestartTest, ASecondProcessWaitsForTheDirectory) {
    cache.open();
    cache.put("http://h/x", {.tags = {"t"}});
    cache.put("http://h/y");
    DiskCache next(cache.options.directory);
    next.layer = std::make_unique<DiskLayer>(next.options);
    next.told().wait_for("storage_waiting");
    EXPECT_EQ(next.get("http://h/x"), "-");
    EXPECT_EQ(next.put("http://h/z"), Stored::skipped);
    EXPECT_FALSE(next.erase(Pick::tagged({"t"})).durable);
    EXPECT_FALSE(next.stats().available);
    cache.layer->release();
    EXPECT_EQ(cache.get("http://h/y"), "-");
    EXPECT_EQ(cache.put("http://h/y"), Stored::skipped);
    next.told().wait_for("storage_opened");
    EXPECT_EQ(next.get("http://h/x"), "-");
    EXPECT_EQ(next.get("http://h/y"), "content");
    EXPECT_EQ(next.put("http://h/z"), Stored::yes);
}

TEST_F(DiskRestartTest, TooManyErasuresWhileWaitingStartEmpty) {
    cache.open().put("http://h/x");
    DiskCache next(cache.options.directory);
    next.layer = std::make_unique<DiskLayer>(next.options);
    for (int i = 0; i <= 10'000; ++i) next.erase(Pick::tagged({"other"}));
    cache.close();
    next.told().wait_for("storage_opened");
    EXPECT_EQ(next.get("http://h/x"), "-");
}

TEST_F(DiskRestartTest, WhatWasAnsweredHoldsAfterAKill) {
    for (int round = 0; round < 4; ++round) {
        int answers[2];
        ASSERT_EQ(::pipe(answers), 0);
        const pid_t child = in_child([&] {
            cache.open();
            for (std::uint64_t i = 1;; ++i) {
                const std::string url = "http://h/" + std::to_string(i % 50);
                cache.put(url, {.content = long_content(100 + i * 997 % 60'000, static_cast<unsigned>(i)),
                                .ticket = 1'000'000ull * static_cast<std::uint64_t>(round + 1) + i,
                                .tags = {"t" + std::to_string(i % 50)}});
                std::uint64_t told[2] = {i, 0};
                if (i % 7 == 0) {
                    cache.erase(Pick::tagged({"t" + std::to_string(i % 50)}));
                    told[1] = 1;
                }
                if (::write(answers[1], told, sizeof told) != sizeof told) ::_exit(1);
            }
        });
        ::close(answers[1]);
        std::map<std::uint64_t, std::pair<std::uint64_t, bool>> expected;
        std::uint64_t told[2];
        const std::uint64_t kill_at = 40 + static_cast<std::uint64_t>(round) * 37;
        bool killed = false;
        while (::read(answers[0], told, sizeof told) == sizeof told) {
            expected[told[0] % 50] = {told[0], told[1] != 0};
            if (!killed && told[0] >= kill_at) {
                ::kill(child, SIGKILL);
                killed = true;
            }
        }
        ::close(answers[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        DiskCache again(cache.options.directory);
        again.open();
        const std::uint64_t last = expected.rbegin() == expected.rend() ? 0 : [&] {
            std::uint64_t most = 0;
            for (const auto& [key, what] : expected) most = std::max(most, what.first);
            return most;
        }();
        for (const auto& [key, what] : expected) {
            const auto [i, erased] = what;
            // The next one may have been under way.
            if ((last + 1) % 50 == key) continue;
            const std::string there = again.get("http://h/" + std::to_string(key));
            if (erased) {
                EXPECT_EQ(there, "-") << round << " " << i;
            } else {
                EXPECT_TRUE(there == long_content(100 + i * 997 % 60'000, static_cast<unsigned>(i)))
                    << round << " " << i;
            }
        }
        EXPECT_FALSE(again.told().has("storage_moved_aside")) << again.told().all();
        again.close();
        const VerifyReport report = verify_storage(cache.options.directory);
        EXPECT_EQ(report.faults, 0u) << (report.first_faults.empty() ? "" : report.first_faults.front());
    }
}

TEST_F(DiskRestartTest, ABodyWhoseStoreDidNotEndIsSwept) {
    cache.open().put("http://h/y");
    cache.close();
    {
        disk::Directory files(cache.options.directory);
        disk::Environment environment(files, 16);
        environment.open(cache.options.max_bytes);
        disk::Content content(environment, disk::Transaction::Mode::write);
        constexpr std::uint64_t unpublished = 1000;
        content.parts().write(unpublished, long_content(7'000'000));
        content.disown(unpublished);
        content.transaction().commit();
    }
    EXPECT_EQ(verify_storage(cache.options.directory).unowned_bodies, 1u);
    cache.open();
    for (int turn = 0; turn < 20; ++turn) cache.settle();
    EXPECT_EQ(cache.get("http://h/y"), "content");
    cache.close();
    const VerifyReport report = verify_storage(cache.options.directory);
    EXPECT_EQ(report.unowned_bodies, 0u);
    EXPECT_EQ(report.faults, 0u) << (report.first_faults.empty() ? "" : report.first_faults.front());
}

// What a power loss would bring back an erasure must not leave behind, also when it finds nothing.
TEST_F(DiskRestartTest, WhatWasDroppedIsKnownUntilItIsSynced) {
    disk::Engine engine(cache.options);
    engine.environment.open(cache.options.max_bytes);
    disk::Eviction eviction(config::EvictionPolicy::lru, 1);
    disk::About about;
    disk::Batch batch(engine, eviction, about);
    batch.must_last();
    batch.commit();
    EXPECT_FALSE(engine.dropped_since_sync);
    disk::Operation operation;
    const Key key("http://h/x");
    operation.key = OwnedKey(key.view);
    operation.permit = std::make_shared<OpenPermit>();
    operation.max_variants = 8;
    operation.object = make();
    EXPECT_EQ(disk::insert(batch, engine, operation), Stored::yes);
    batch.commit();
    EXPECT_FALSE(engine.dropped_since_sync);
    operation.object = make({.ticket = 2});
    EXPECT_EQ(disk::insert(batch, engine, operation), Stored::yes);
    EXPECT_TRUE(batch.dropped_since_sync());
    batch.commit();
    EXPECT_TRUE(engine.dropped_since_sync);
    batch.must_last();
    batch.commit();
    EXPECT_FALSE(engine.dropped_since_sync);
}

}  // namespace
}  // namespace larder::storage
