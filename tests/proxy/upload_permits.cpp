#include "proxy/upstream/upload_permits.h"

#include <gtest/gtest.h>

namespace larder::proxy {
namespace {

using Taken = UploadPermits::Taken;

class UploadPermitsTest : public testing::Test {
  protected:
    std::shared_ptr<UploadPermits::Waiter> from(const char* client) {
        return std::make_shared<UploadPermits::Waiter>(context_.get_executor(), client);
    }
    // Takes one for this client, at once or after a wait.
    Taken take(UploadPermits& permits, const char* client) {
        waiters_.push_back(from(client));
        return permits.take(waiters_.back());
    }
    bool has(const UploadPermits& permits, std::size_t which) const { return permits.has(*waiters_[which]); }

    asio::io_context context_;
    std::vector<std::shared_ptr<UploadPermits::Waiter>> waiters_;
};

TEST_F(UploadPermitsTest, GoToTheFirstWhoMayHaveThem) {
    UploadPermits permits(3, 2, 10);
    EXPECT_EQ(take(permits, "a"), Taken::granted);
    EXPECT_EQ(take(permits, "a"), Taken::granted);
    EXPECT_EQ(take(permits, "a"), Taken::wait);     // the address has its share
    EXPECT_EQ(take(permits, "b"), Taken::granted);  // and is in nobody's way
    EXPECT_EQ(take(permits, "c"), Taken::wait);
    permits.give_back("b");
    EXPECT_FALSE(has(permits, 2));
    EXPECT_TRUE(has(permits, 4));
    permits.give_back("a");
    EXPECT_TRUE(has(permits, 2));
    EXPECT_EQ(permits.taken(), 3u);
}

TEST_F(UploadPermitsTest, TheQueueIsBounded) {
    UploadPermits permits(1, 1, 1);
    EXPECT_EQ(take(permits, "a"), Taken::granted);
    EXPECT_EQ(take(permits, "b"), Taken::wait);
    EXPECT_EQ(take(permits, "c"), Taken::queue_full);
}

TEST_F(UploadPermitsTest, WhoeverLeavesKeepsWhatHeWasGivenMeanwhile) {
    UploadPermits permits(1, 1, 10);
    take(permits, "a");
    take(permits, "b");
    take(permits, "c");
    EXPECT_FALSE(permits.leave_queue(waiters_[1]));
    permits.give_back("a");
    EXPECT_FALSE(has(permits, 1));
    EXPECT_TRUE(has(permits, 2));
    EXPECT_TRUE(permits.leave_queue(waiters_[2]));
    permits.give_back("c");
    EXPECT_EQ(permits.taken(), 0u);
    EXPECT_EQ(take(permits, "b"), Taken::granted);
}

}  // namespace
}  // namespace larder::proxy
