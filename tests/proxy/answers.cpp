#include "proxy/answers.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

class AnswersTest : public testing::Test {
  protected:
    using Came = std::vector<std::optional<std::string>>;

    Outcome<Came> wait(Answers<std::string>& answers, std::chrono::milliseconds time = 1h) {
        auto outcome = start(context, answers.within(time));
        turn(context);
        return outcome;
    }
    asio::io_context context;
};

TEST_F(AnswersTest, AreThereWhenAllHaveCome) {
    Answers<std::string> answers(context.get_executor(), 2);
    answers.callback(1)("before");
    const auto came = wait(answers);
    EXPECT_FALSE(*came);
    std::thread other([answer = answers.callback(0)] { answer("after"); });
    other.join();
    turn(context);
    ASSERT_TRUE(*came);
    EXPECT_EQ(**came, (Came{"after", "before"}));
}

TEST_F(AnswersTest, EndWhenTheTimeIsOverWithThoseThatCame) {
    Answers<std::string> answers(context.get_executor(), 2);
    const auto came = wait(answers, 1s);
    answers.callback(0)("one");
    turn(context);
    EXPECT_FALSE(*came);
    deadlines_of(context.get_executor()).check(Steady::now() + 2s);
    turn(context);
    ASSERT_TRUE(*came);
    EXPECT_EQ(**came, (Came{"one", std::nullopt}));
}

TEST_F(AnswersTest, WithNoTimeAreThoseThatAreThere) {
    Answers<std::string> answers(context.get_executor(), 2);
    answers.callback(1)("there");
    const auto came = wait(answers, 0ms);
    ASSERT_TRUE(*came);
    EXPECT_EQ(**came, (Came{std::nullopt, "there"}));
}

// The thread that answers has what it touches, whoever waited.
TEST_F(AnswersTest, ThatComeLateAreDropped) {
    std::function<void(std::string)> late;
    {
        Answers<std::string> answers(context.get_executor());
        late = answers.callback();
        const auto came = wait(answers, 0ms);
        EXPECT_TRUE(*came);
    }
    late("late");
    turn(context);
}

TEST_F(AnswersTest, WaitForNoneAtAll) {
    Answers<std::string> answers(context.get_executor(), 0);
    const auto came = wait(answers);
    ASSERT_TRUE(*came);
    EXPECT_TRUE((*came)->empty());
}

}  // namespace
}  // namespace larder::proxy
