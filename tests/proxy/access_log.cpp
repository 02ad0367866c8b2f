#include "proxy/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "tests/proxy/scratch.h"

namespace larder::proxy {
namespace {

class AccessLogTest : public testing::Test {
  protected:
    void open(std::size_t capacity = 1 << 20) { log = std::make_unique<AccessLog>(scratch / "log", capacity); }
    void close() { log.reset(); }  // what is left is written

    Scratch scratch;
    std::unique_ptr<AccessLog> log;
};

TEST_F(AccessLogTest, WritesEveryLineBehindWhatIsThere) {
    scratch.write("log", "before\n");
    open();
    EXPECT_TRUE(log->on());
    std::string all = "before\n";
    for (int i = 0; i < 1000; ++i) {
        const std::string line = std::to_string(i) + "\n";
        log->write(line);
        all += line;
    }
    EXPECT_EQ(log->dropped(), 0u);
    close();
    EXPECT_EQ(scratch.content("log"), all);
}

TEST_F(AccessLogTest, MayBeOff) {
    AccessLog off("off");
    EXPECT_FALSE(off.on());
    EXPECT_TRUE(off.reopen());
}

TEST_F(AccessLogTest, SaysWhatToDoWhenItCannotBeOpened) {
    const auto complaint = complaint_of([&] { AccessLog there(scratch / "none/log"); });
    EXPECT_NE(complaint.find("access_log: cannot open " + scratch / "none/log"), std::string::npos) << complaint;
    EXPECT_NE(complaint.find("; name a file"), std::string::npos) << complaint;
}

TEST_F(AccessLogTest, ReopenedItGoesOnInANewFileWhereTheOldOneWas) {
    open();
    log->write("one\n");
    scratch.rename("log", "log.1");
    EXPECT_TRUE(log->reopen());
    log->write("two\n");
    EXPECT_TRUE(log->reopen());
    log->write("three\n");
    close();
    EXPECT_EQ(scratch.content("log.1"), "one\n");
    EXPECT_EQ(scratch.content("log"), "two\nthree\n");
}

TEST_F(AccessLogTest, WhatCannotBeReopenedStays) {
    std::filesystem::create_directory(scratch / "logs");
    log = std::make_unique<AccessLog>(scratch / "logs/log");
    log->write("one\n");
    scratch.rename("logs", "moved");
    EXPECT_FALSE(log->reopen());
    log->write("two\n");
    close();
    EXPECT_EQ(scratch.content("moved/log"), "one\ntwo\n");
}

// The target is a pipe that nobody reads until the test does.
class SlowLog : public AccessLogTest {
  protected:
    SlowLog() {
        EXPECT_EQ(::mkfifo((scratch / "log").c_str(), 0600), 0);
        reader = ::open((scratch / "log").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        ::fcntl(reader, F_SETFL, 0);
    }
    ~SlowLog() override { ::close(reader); }
    // All that was written until nobody writes any more.
    std::string read_all() const {
        std::string all;
        char bytes[65536];
        for (ssize_t count = 1; count > 0;) {
            count = ::read(reader, bytes, sizeof bytes);
            if (count > 0) all.append(bytes, static_cast<std::size_t>(count));
        }
        return all;
    }

    const std::string more_than_a_pipe_takes = std::string(300'000, 'x') + "\n";
    int reader = -1;
};

TEST_F(SlowLog, LinesHandedInAfterAReopenGoToTheNewFileHoweverManyWait) {
    open();
    log->write(more_than_a_pipe_takes);
    log->write("before\n");
    scratch.rename("log", "log.1");
    EXPECT_TRUE(log->reopen());
    log->write("after\n");
    EXPECT_TRUE(read_all() == more_than_a_pipe_takes + "before\n");
    close();
    EXPECT_EQ(scratch.content("log"), "after\n");
}

TEST_F(SlowLog, DropsAndCountsWhatDoesNotFit) {
    open(more_than_a_pipe_takes.size() + 10);
    log->write(more_than_a_pipe_takes);
    std::uint64_t handed_in = 1;
    for (; log->dropped() == 0; ++handed_in) log->write(more_than_a_pipe_takes);
    EXPECT_EQ(log->dropped(), 1u);
    EXPECT_GE(handed_in, 2u);
    EXPECT_LE(handed_in, 3u);
    close();  // though nobody reads
}

}  // namespace
}  // namespace larder::proxy
