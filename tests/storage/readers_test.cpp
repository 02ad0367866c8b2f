// The pool of reading threads.
#include "storage/disk/readers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

namespace larder::storage::disk {
namespace {

// Jobs that are all under way at once: each waits until so many are.
bool run_together(Readers& readers, std::size_t count) {
    const auto arrived = std::make_shared<std::atomic<std::size_t>>(0);
    const auto all = std::make_shared<std::promise<void>>();
    const std::shared_future<void> open = all->get_future().share();
    std::vector<std::future<void>> done;
    for (std::size_t i = 0; i < count; ++i) {
        const auto job = std::make_shared<std::packaged_task<void()>>([arrived, all, open, count] {
            if (arrived->fetch_add(1) + 1 == count) all->set_value();
            open.wait();
        });
        done.push_back(job->get_future());
        readers.post([job] { (*job)(); });
    }
    for (auto& one : done) one.wait();
    return arrived->load() == count;
}

TEST(ReadersTest, RunsEveryJobOnce) {
    std::atomic<int> runs{0};
    {
        Readers readers(3);
        for (int i = 0; i < 10'000; ++i) readers.post([&] { ++runs; });
    }
    EXPECT_EQ(runs, 10'000);
}

TEST(ReadersTest, AsManyJobsAsThreadsAreUnderWayAtOnce) {
    Readers readers(4);
    EXPECT_TRUE(run_together(readers, 4));
    readers.resize(8);
    EXPECT_TRUE(run_together(readers, 8));
    readers.resize(2);
    EXPECT_TRUE(run_together(readers, 2));
}

// Whoever changes the settings is not held by a thread that hangs.
TEST(ReadersTest, FewerThreadsAreNotWaitedFor) {
    Readers readers(2);
    std::promise<void> hangs, goes_on;
    readers.post([&] {
        hangs.set_value();
        goes_on.get_future().wait();
    });
    hangs.get_future().wait();
    for (const unsigned threads : {1u, 4u, 1u, 2u}) readers.resize(threads);
    goes_on.set_value();
    EXPECT_TRUE(run_together(readers, 2));
}

TEST(ReadersTest, OnlySoManyJobsWait) {
    std::atomic<int> runs{0};
    int taken = 0;
    std::promise<void> goes_on;
    {
        Readers readers(1);
        std::promise<void> hangs;
        readers.post([&] {
            hangs.set_value();
            goes_on.get_future().wait();
        });
        hangs.get_future().wait();
        while (readers.offer([&] { ++runs; })) ++taken;
        readers.post([&] { ++runs; });  // must be done, whatever waits
        goes_on.set_value();
    }
    EXPECT_GT(taken, 1000);
    EXPECT_EQ(runs, taken + 1);
}

TEST(ReadersTest, JobsGoOnWhileTheNumberOfThreadsChanges) {
    std::atomic<int> runs{0};
    {
        Readers readers(1);
        for (unsigned i = 0; i < 200; ++i) {
            for (int n = 0; n < 50; ++n) readers.post([&] { ++runs; });
            readers.resize(i * 7 % 5);
        }
    }
    EXPECT_EQ(runs, 10'000);
}

TEST(ReadersTest, AfterTheEndAJobRunsWhereItIsPosted) {
    Readers readers(2);
    readers.stop();
    bool ran = false;
    readers.post([&] { ran = true; });
    EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace larder::storage::disk
