// What the admin listener is made of, apart from its sockets.
#include <gtest/gtest.h>

#include "proxy/admin/cursor.h"
#include "proxy/admin/refusals.h"
#include "proxy/admin/reload.h"
#include "proxy/admin/token.h"
#include "proxy/percent.h"
#include "tests/proxy/running.h"

namespace larder::proxy::admin {
namespace {

using namespace std::chrono_literals;

TEST(Cursor, LeadsBackToItsPosition) {
    for (const char* text :
         {"http://h/", "http://h/a?b=c&d", "http://h/%C3%A4/x Accept-Language=de", "https://h:1/ab"}) {
        const std::string key(text);
        const storage::KeyPosition position{key, static_cast<std::uint32_t>(key.find('/', 8))};
        const std::string cursor = cursor_of(position);
        EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                  std::string::npos);
        EXPECT_EQ(position_of(cursor), position);
    }
}

TEST(Cursor, TakesNothingThatIsNotItsOwn) {
    const std::string good = cursor_of({"http://h/abc", 8});
    for (const std::string& cursor : {std::string(), std::string("x"), std::string("http://h/a"), std::string("MQ"),
                                      good + "A", good + "=", good.substr(1), cursor_of({"no url", 0})}) {
        EXPECT_EQ(position_of(cursor), std::nullopt) << cursor;
    }
}

TEST(Token, IsTakenInOneSpellingOnly) {
    const TokenCheck check("0123456789abcdef");
    EXPECT_TRUE(check.accepts("Bearer 0123456789abcdef"));
    for (const char* wrong :
         {"", "Bearer", "Bearer ", "bearer 0123456789abcdef", "Bearer  0123456789abcdef", "Basic 0123456789abcdef",
          "Bearer 0123456789abcde", "Bearer 0123456789abcdefg", "0123456789abcdef", "Bearer\t0123456789abcdef"}) {
        EXPECT_FALSE(check.accepts(wrong)) << wrong;
    }
}

TEST(Refusals, SlowDownAfterSoManyInAMinute) {
    Refusals refusals;
    const Steady::time_point start = Steady::time_point() + 1000s;
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(refusals.wait(start + 30s, 30), 0s) << i;
        refusals.add(start + std::chrono::seconds(i), 30);
    }
    EXPECT_EQ(refusals.wait(start + 30s, 30), 30s);
    EXPECT_EQ(refusals.wait(start + 59500ms, 30), 1s);
    EXPECT_EQ(refusals.wait(start + 60s, 30), 0s);
    refusals.add(start + 60s, 30);
    EXPECT_EQ(refusals.wait(start + 60s, 30), 1s) << "the next oldest";
    EXPECT_EQ(refusals.wait(start + 60s, 31), 0s) << "a reload allows more";
    EXPECT_EQ(refusals.wait(start + 60s, 2), 29s) << "or fewer";
}

class Reloading : public testing::Test {
  protected:
    // Reloads with this outcome, when the call wants it.
    AdminResponse answer(std::vector<config::Complaint> complaints, std::string_view body) {
        const Reload reload = [this, complaints = std::move(complaints)] {
            called = true;
            return with(complaints);
        };
        const auto answered = start(context, answer_reload(reload, body));
        turn(context);
        EXPECT_TRUE(*answered);
        return answered->value_or(AdminResponse());
    }

    asio::io_context context;
    bool called = false;

  private:
    static Task<std::vector<config::Complaint>> with(std::vector<config::Complaint> complaints) {
        co_return complaints;
    }
};

TEST_F(Reloading, SaysThatItIsDone) {
    const auto done = answer({}, "");
    EXPECT_TRUE(called);
    EXPECT_EQ(done.status, 200);
    EXPECT_EQ(done.body, "{\"state\":\"reloaded\"}\n");
}

TEST_F(Reloading, TellsEveryComplaint) {
    const auto refused = answer(
        {{"l.yaml", 3, 5, "threads", "\"many\"", "a number"}, {"l.yaml", 9, 1, "memori", "", "no such field"}}, "{}");
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.content_type, "application/problem+json");
    for (const char* part : {R"("line":3,"column":5,"file":"l.yaml","field":"threads","found":"\"many\"")",
                             R"("complaints":[{"line":3,)", R"("line":9,)"}) {
        EXPECT_NE(refused.body.find(part), std::string::npos) << part << refused.body;
    }
}

TEST_F(Reloading, DoesNothingWhenFieldsAreGiven) {
    EXPECT_EQ(answer({}, "{\"dry_run\":true}").status, 422);
    EXPECT_FALSE(called);
}

TEST(Percent, EncodesWhateverHasAMeaning) {
    const std::string key = "http://h/a%2Fb?c=d e~\xc3\xa4";
    EXPECT_EQ(percent_encoded(key), "http%3A%2F%2Fh%2Fa%252Fb%3Fc%3Dd%20e~%C3%A4");
    EXPECT_EQ(percent_decoded(percent_encoded(key)), key);
    EXPECT_EQ(percent_decoded("a%3fb"), "a?b");
    for (const char* bad : {"%", "%4", "a%zz", "%%41"}) EXPECT_EQ(percent_decoded(bad), std::nullopt) << bad;
}

TEST(Percent, ParametersAreDecodedInOrder) {
    using Pairs = Parameters;
    EXPECT_EQ(query_parameters(""), Pairs());
    EXPECT_EQ(query_parameters("a=1&&b=%26+x&c&d=e=f"), (Pairs{{"a", "1"}, {"b", "& x"}, {"c", ""}, {"d", "e=f"}}));
    EXPECT_EQ(query_parameters("a=%"), std::nullopt);
}

}  // namespace
}  // namespace larder::proxy::admin
