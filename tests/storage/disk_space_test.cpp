// A full map, a full disk, and who has to leave.
#include <csignal>

#include <sys/resource.h>
#include <sys/wait.h>

#include "storage/disk/environment.h"
#include "storage/disk/verify.h"
#include "tests/storage/disk_fixture.h"

namespace larder::storage {
namespace {

class DiskSpaceTest : public DiskTest {
  protected:
    DiskSpaceTest() { cache.options.max_bytes = 16 * config::MiB; }

    static constexpr std::size_t size = 100'000;
    // Some 140 of them are too much.
    void fill(int count, int from = 0) {
        std::vector<std::future<Stored>> stored;
        for (int i = from; i < from + count; ++i) {
            stored.push_back(cache.put_later(url(i), make({.content = long_content(size)})));
        }
        for (auto& one : stored) EXPECT_EQ(one.get(), Stored::yes);
    }
    // Leaves no free page in the file, as mdb_copy -c does.
    void compact() {
        const std::string data = cache.options.directory + "/data.mdb", copied = directory / "copy";
        std::filesystem::create_directory(copied);
        {
            disk::Directory files(cache.options.directory);
            disk::Environment environment(files, 16);
            environment.open(cache.options.max_bytes);
            ASSERT_EQ(mdb_env_copy2(environment.handle(), copied.c_str(), MDB_CP_COMPACT), 0);
        }
        std::filesystem::rename(copied + "/data.mdb", data);
    }
    static std::string url(int i) { return "http://h/" + std::to_string(i); }
    bool has(int i) { return cache.get(url(i)) != "-"; }
    std::uint64_t failures() const { return cache.stats().stores[static_cast<std::size_t>(Stored::failed)]; }
};

TEST_F(DiskSpaceTest, AFullMapTakesManyTimesItsSize) {
    cache.open();
    std::uint64_t written = 0;
    for (int i = 0; written < 80 * config::MiB;) {
        std::vector<std::future<Stored>> stored;
        for (int end = i + 50; i < end; ++i) {
            const std::size_t bytes = 100 + static_cast<std::size_t>(i) * 7919 % 150'000;
            written += bytes;
            stored.push_back(cache.put_later(
                url(i), make({.content = long_content(bytes), .tags = {"t" + std::to_string(i % 100)}})));
        }
        for (auto& one : stored) EXPECT_EQ(one.get(), Stored::yes) << i;
    }
    EXPECT_EQ(failures(), 0u);
    EXPECT_GT(cache.stats().evictions, 0u);
    EXPECT_LE(std::filesystem::file_size(cache.options.directory + "/data.mdb"), cache.options.max_bytes);
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskSpaceTest, BodiesOfTheLargestSizeComeAndGo) {
    cache.open();
    for (int i = 0; i < 30; ++i) {
        const std::string content = long_content(cache.layer->largest(), static_cast<unsigned>(i));
        ASSERT_EQ(cache.put(url(i), {.content = content}), Stored::yes) << i;
        EXPECT_TRUE(cache.get(url(i)) == content) << i;
    }
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskSpaceTest, ManySmallOnesComeAndGo) {
    cache.open();
    for (int round = 0; round < 10; ++round) {
        std::vector<std::future<Stored>> stored;
        for (int i = 0; i < 3000; ++i) {
            stored.push_back(
                cache.put_later(url(round * 3000 + i), make({.content = long_content(700), .tags = {"a", "b"}})));
        }
        for (auto& one : stored) EXPECT_EQ(one.get(), Stored::yes);
    }
    EXPECT_GT(cache.stats().evictions, 0u);
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskSpaceTest, WhatIsNotFreshLeavesFirst) {
    cache.open();
    cache.put(url(0), {.content = long_content(size), .freshness = 10'000});
    cache.put(url(1), {.content = long_content(size), .freshness = 10, .keep = 10'000, .etag = "\"1\""});
    cache.put(url(2), {.content = long_content(size), .freshness = 10'000});
    cache.at(now + 20);
    fill(140, 3);
    EXPECT_FALSE(has(1));
    EXPECT_TRUE(has(142));
}

TEST_F(DiskSpaceTest, LruKeepsWhatWasUsed) {
    cache.open();
    fill(100);
    cache.at(now + 1);
    for (int i = 0; i < 100; i += 10) EXPECT_TRUE(has(i));
    cache.at(now + 2);
    fill(90, 100);
    for (int i = 0; i < 100; i += 10) EXPECT_TRUE(has(i)) << i;
    EXPECT_FALSE(has(1));
}

TEST_F(DiskSpaceTest, FifoKeepsWhatCameLast) {
    cache.options.eviction = config::EvictionPolicy::fifo;
    cache.open();
    fill(100);
    cache.at(now + 1);
    EXPECT_TRUE(has(0));
    fill(90, 100);
    EXPECT_FALSE(has(0));
    EXPECT_TRUE(has(189));
}

TEST_F(DiskSpaceTest, TtlLetsGoOfWhatEndsFirst) {
    cache.options.eviction = config::EvictionPolicy::ttl;
    cache.open();
    for (int i = 0; i < 10; ++i) cache.put(url(i), {.content = long_content(size), .freshness = 10 + i});
    fill(135, 10);
    EXPECT_FALSE(has(0));
    EXPECT_TRUE(has(144));
}

TEST_F(DiskSpaceTest, LfuKeepsWhatIsUsedOften) {
    cache.options.eviction = config::EvictionPolicy::lfu;
    cache.open();
    fill(60);
    for (int i = 0; i < 10; ++i) {
        for (int n = 0; n < 20; ++n) EXPECT_TRUE(has(i));
    }
    fill(200, 60);
    int kept = 0;
    for (int i = 0; i < 10; ++i) kept += has(i) ? 1 : 0;
    EXPECT_GE(kept, 8);
}

TEST_F(DiskSpaceTest, CustomKeepsSmallOnesAndWhatIsUsed) {
    cache.options.eviction = config::EvictionPolicy::custom;
    cache.open();
    for (int i = 0; i < 20; ++i) cache.put("http://h/small/" + std::to_string(i), {.content = long_content(500)});
    fill(200);
    int kept = 0;
    for (int i = 0; i < 20; ++i) kept += cache.get("http://h/small/" + std::to_string(i)) != "-" ? 1 : 0;
    EXPECT_GE(kept, 18);
}

TEST_F(DiskSpaceTest, RandomLetsAnythingGo) {
    cache.options.eviction = config::EvictionPolicy::random;
    cache.open();
    fill(300);
    EXPECT_TRUE(has(299) || has(298) || has(297));
    EXPECT_GT(cache.stats().evictions, 100u);
}

TEST_F(DiskSpaceTest, ASmallerSizeIsReachedAndALargerOneUsed) {
    cache.options.max_bytes = 64 * config::MiB;
    cache.open();
    fill(300);
    const std::uint64_t before = cache.stats().bytes;
    cache.options.max_bytes = 16 * config::MiB;
    cache.change();
    // Each put is a turn of the writing thread, which sees to it once a second.
    for (int i = 0; cache.stats().bytes > 16 * config::MiB; ++i) {
        ASSERT_LT(i, 100'000);
        cache.settle();
    }
    EXPECT_GT(before, 16 * config::MiB);
    cache.options.max_bytes = 64 * config::MiB;
    cache.change();
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskSpaceTest, ASmallerSizeAtARestartIsReached) {
    cache.options.max_bytes = 64 * config::MiB;
    cache.open();
    fill(150);
    cache.close();
    compact();
    cache.options.max_bytes = 4 * config::MiB;
    cache.open();
    fill(20, 150);
    EXPECT_TRUE(has(169));
    for (int i = 0; cache.stats().bytes > 4 * config::MiB; ++i) {
        ASSERT_LT(i, 100'000);
        cache.settle();
    }
    EXPECT_EQ(failures(), 0u);
    EXPECT_FALSE(cache.told().has("storage_failed")) << cache.told().all();
    EXPECT_LT(std::filesystem::file_size(cache.options.directory + "/data.mdb"), 20 * config::MiB);
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskSpaceTest, WhatIsOfNoUseIsSweptWithoutBeingAskedFor) {
    cache.open();
    cache.put(url(0), {.freshness = 10});
    cache.put(url(1), {.freshness = 1000});
    cache.at(now + 100);
    for (int i = 0; cache.stats().objects > 1; ++i) {
        ASSERT_LT(i, 100'000);
        cache.settle();
    }
    EXPECT_FALSE(has(0));
    EXPECT_TRUE(has(1));
}

// The file cannot grow past the limit, as on a full disk.
class DiskFullTest : public DiskSpaceTest {
  protected:
    // What it returns is the exit code.
    template <class Do>
    static int in_child(Do what) {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(what());
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    static void limit_files(std::uint64_t bytes) {
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
};

TEST_F(DiskFullTest, WhatCannotBeWrittenIsCountedAndTheRestServesOn) {
    EXPECT_EQ(in_child([this] {
                  cache.open();
                  fill(5);
                  limit_files(1 * config::MiB);
                  bool failed = false;
                  for (int i = 5; i < 100 && !failed; ++i) {
                      failed = cache.put(url(i), {.content = long_content(size)}) == Stored::failed;
                  }
                  if (!failed || cache.stats().available) return 1;
                  if (cache.stats().errors[static_cast<std::size_t>(LayerError::write)] == 0) return 2;
                  if (!has(0)) return 3;
                  cache.told().wait_for("storage_failed");
                  limit_files(64 * config::MiB);
                  cache.told().wait_for("storage_recovered");
                  if (cache.put(url(0), {.ticket = 2}) != Stored::yes || !cache.stats().available) return 5;
                  cache.close();
                  return verify_storage(cache.options.directory).faults == 0 ? 0 : 6;
              }),
              0);
}

TEST_F(DiskFullTest, AnErasureThatCannotBeWrittenHolds) {
    EXPECT_EQ(in_child([this] {
                  cache.open();
                  for (int i = 0; i < 5; ++i) cache.put(url(i), {.content = long_content(size), .tags = {"t"}});
                  cache.put("http://h/other");
                  limit_files(4096);
                  const Layer::Applied applied = cache.erase(Pick::tagged({"t"}));
                  if (!applied.failed || applied.erased.count != 5) return 1;
                  if (has(0) || cache.get("http://h/other") != "content") return 2;
                  // A restart would start empty: so it lasts.
                  if (!applied.durable || std::filesystem::exists(cache.options.directory + "/intact")) return 3;
                  limit_files(64 * config::MiB);
                  cache.told().wait_for("storage_recovered");
                  if (has(0) || cache.get("http://h/other") != "content") return 4;
                  cache.reopen();
                  if (has(0) || cache.get("http://h/other") != "content") return 5;
                  return 0;
              }),
              0);
}

}  // namespace
}  // namespace larder::storage
