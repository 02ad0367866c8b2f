#include "proxy/following.h"

#include <gtest/gtest.h>

#include "proxy/stored_answer.h"
#include "tests/pieces.h"
#include "tests/proxy/downstream.h"
#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

// A fill that another request leads, and a request that follows it.
class FollowTest : public testing::Test {
  protected:
    // The request comes; `fields`: "Name: value\n"...
    void come(const std::string& fields = {}) {
        asked = std::make_unique<Asked>(shared, "GET /x HTTP/1.1\nHost: h\n" + fields);
        asked->exchange.started = Steady::now();
        asked->exchange.now = shared.clock.unix_time();
    }
    // The origin is asked.
    void ask() { fill->begin_fetch(ticket.sequence(), Steady::now()); }
    std::shared_ptr<storage::Object> response(storage::Seconds freshness) {
        auto object = std::make_shared<storage::Object>();
        object->ticket = ticket.sequence();
        object->rules_fingerprint = shared.running()->strategies.all()[0].rules.fingerprint;
        object->lifetime = {.response_time = shared.clock.unix_time(), .freshness = freshness};
        object->etag = "\"e\"";
        return object;
    }
    void begin(const std::shared_ptr<storage::Object>& object, std::optional<std::uint64_t> length = std::nullopt) {
        fill->begin(object, length);
    }
    void bring(std::string_view text) { fill->append(storage::piece_of(text, shared.account)); }
    void end() {
        auto whole = std::make_shared<storage::Object>(*fill->progress().object);
        whole->body = fill->body();
        fill->complete(whole);
    }
    void follow_it() {
        outcome = start(worker.context(), follow(worker, asked->exchange, client, fill));
        go_on();
    }
    void go_on() { turn(worker.context()); }
    std::optional<Followed> followed() const {
        return outcome->has_value() ? std::optional((*outcome)->followed) : std::nullopt;
    }

    Shared shared{small_config(), 7, 1};
    Worker worker{shared, 0};
    policy::Tickets::Ticket ticket = shared.tickets.begin();
    std::shared_ptr<Fill> fill = std::make_shared<Fill>(1000);
    std::unique_ptr<Asked> asked;
    Client client;
    Outcome<FollowOutcome> outcome;
};

TEST_F(FollowTest, WhatTheOriginWasAskedForAfterwardsIsAsGoodAsAnAnswerOfItsOwn) {
    come();
    ask();
    begin(response(0), 3);
    bring("abc");
    end();
    follow_it();
    EXPECT_EQ(followed(), Followed::answered);
    EXPECT_EQ(client.body, "abc");
}

TEST_F(FollowTest, WhatTheOriginWasAskedForBeforeHasToBeReusable) {
    ask();
    come();
    begin(response(0), 3);
    follow_it();
    EXPECT_EQ(followed(), Followed::again);
    EXPECT_EQ(client.begun, 0);
}

TEST_F(FollowTest, AFreshResponseIsForWhoComesLateToo) {
    ask();
    come();
    begin(response(60), 3);
    bring("abc");
    follow_it();
    end();
    go_on();
    EXPECT_EQ(followed(), Followed::answered);
    EXPECT_EQ(client.body, "abc");
}

TEST_F(FollowTest, AResponseThatExpiredWhileItsBodyCameIsNot) {
    ask();
    auto object = response(1);
    object->lifetime.response_time -= 5;
    begin(object, 3);
    come();
    follow_it();
    EXPECT_EQ(followed(), Followed::again);
}

TEST_F(FollowTest, WhoForbidsItItselfGoesAlone) {
    auto config = small_config();
    config.strategies[0].configuration.request_directives = config::RequestDirectives::obey;
    const auto next = shared.prepare(std::move(config));
    shared.adopt(next);
    worker.apply({next, {}});
    ask();
    come("Cache-Control: no-cache\n");
    begin(response(60), 3);
    follow_it();
    EXPECT_EQ(followed(), Followed::alone);
}

TEST_F(FollowTest, AResponseOfOtherRulesIsNotUsed) {
    ask();
    come();
    auto object = response(60);
    ++object->rules_fingerprint;
    begin(object, 3);
    follow_it();
    EXPECT_EQ(followed(), Followed::again);
}

TEST_F(FollowTest, AFetchThatFailsOrBreaksOffBeforeAnythingCameMayBeTriedAgain) {
    come();
    follow_it();
    EXPECT_EQ(followed(), std::nullopt);
    fill->fail(Problem::of(UpstreamError::connect_refused));
    go_on();
    EXPECT_EQ(followed(), Followed::failed);
    EXPECT_EQ((*outcome)->problem.upstream, UpstreamError::connect_refused);

    fill = std::make_shared<Fill>(1000);
    come();
    ask();
    begin(response(60), 3);
    fill->break_off();
    follow_it();
    EXPECT_EQ(followed(), Followed::failed);
    EXPECT_EQ(client.begun, 0);
}

TEST_F(FollowTest, AHeadThatDoesNotComeInTimeIsNotWaitedForAnyLonger) {
    come();
    follow_it();
    worker.deadlines().check(Steady::now() + 29s);
    go_on();
    EXPECT_EQ(followed(), std::nullopt);
    worker.deadlines().check(Steady::now() + 31s);
    go_on();
    EXPECT_EQ(followed(), Followed::failed);
}

// What a layer had for the leader.
std::shared_ptr<storage::Object> stored_part(std::shared_ptr<storage::Object> object, storage::Account& account) {
    auto body = std::make_shared<storage::Body>();
    body->append(storage::piece_of("23456789", account));
    object->body = body;
    object->status = 206;
    object->part = storage::Part{2, 20};
    return object;
}

TEST_F(FollowTest, AStoredPartAnswersWithTheBytesThatAreAskedFor) {
    come("Range: bytes=3-5\n");
    fill->complete(stored_part(response(60), shared.account));
    follow_it();
    EXPECT_EQ(followed(), Followed::answered);
    EXPECT_EQ(client.head.status, 206);
    EXPECT_EQ(client.body, "345");
    EXPECT_NE(client.fields.find("Content-Range: bytes 3-5/20\r\n"), std::string::npos);
}

TEST_F(FollowTest, AStoredPartThatHasNotAllThatIsAskedForIsNotForThisRequest) {
    for (const char* fields : {"Range: bytes=3-10\n", "Range: bytes=0-3\n", ""}) {
        come(fields);
        fill = std::make_shared<Fill>(1000);
        fill->complete(stored_part(response(60), shared.account));
        follow_it();
        EXPECT_EQ(followed(), Followed::alone) << fields;
    }
    EXPECT_EQ(client.begun, 0);
}

TEST_F(FollowTest, ARangeOfUnknownLengthIsAnsweredOnceItsLastByteIsThere) {
    come("Range: bytes=1-4\n");
    ask();
    begin(response(60));
    bring("abcd");
    follow_it();
    EXPECT_EQ(client.begun, 0);
    bring("ef");
    go_on();
    EXPECT_EQ(followed(), Followed::answered);
    EXPECT_EQ(client.head.status, 206);
    EXPECT_EQ(client.body, "bcde");
    EXPECT_NE(client.fields.find("Content-Range: bytes 1-4/*\r\n"), std::string::npos);
}

TEST_F(FollowTest, ARangeOfUnknownLengthIsClippedWhereTheBodyEnds) {
    come("Range: bytes=1-40\n");
    ask();
    begin(response(60));
    bring("abc");
    follow_it();
    EXPECT_EQ(followed(), std::nullopt);
    end();
    go_on();
    EXPECT_EQ(followed(), Followed::answered);
    EXPECT_EQ(client.body, "bc");
    EXPECT_NE(client.fields.find("Content-Range: bytes 1-2/3\r\n"), std::string::npos);
}

TEST_F(FollowTest, ARangeThatCannotBeToldIsAskedForInstead) {
    for (const char* fields :
         {"Range: bytes=1-40\n", "Range: bytes=-3\n", "Range: bytes=5-\n", "Range: bytes=0-1,3-4\n"}) {
        client = Client();
        fill = std::make_shared<Fill>(1000);
        come(fields);
        ask();
        begin(response(60));
        bring("abc");
        follow_it();
        EXPECT_EQ(followed(), std::nullopt) << fields;
        fill->stop_keeping();
        go_on();
        EXPECT_EQ(followed(), Followed::ranged) << fields;
        EXPECT_EQ(client.begun, 0) << fields;
    }
}

TEST_F(FollowTest, ARangeThatDoesNotComeInTimeIsAskedForInstead) {
    come("Range: bytes=-3\n");
    ask();
    begin(response(60));
    follow_it();
    worker.deadlines().check(Steady::now() + 31s);
    go_on();
    EXPECT_EQ(followed(), Followed::ranged);
}

}  // namespace
}  // namespace larder::proxy
