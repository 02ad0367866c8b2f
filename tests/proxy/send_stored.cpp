#include <gtest/gtest.h>

#include "proxy/deadlines.h"
#include "proxy/stored_answer.h"
#include "tests/pieces.h"
#include "tests/proxy/downstream.h"
#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"
#include "tests/proxy/stored.h"

namespace larder::proxy {
namespace {

Sent sent_to(Client& client, const storage::Object& object, std::string_view request, std::string_view method = "GET") {
    Asking asking(request, method);
    Shared shared(small_config(), 1, 1);
    Worker worker(shared, 0);
    const auto sent = start(worker.context(), send_stored(worker, client, asking.exchange, object, policy::test_time));
    turn(worker.context());
    EXPECT_TRUE(sent->has_value());
    return sent->value_or(Sent::nothing);
}

TEST(SendStored, SendsHeadAndBody) {
    for (const std::size_t piece_size : {1, 5, 100}) {
        Client client;
        EXPECT_EQ(sent_to(client, stored(piece_size), ""), Sent::all);
        EXPECT_EQ(client.begun, 1);
        EXPECT_EQ(client.head.status, 200);
        EXPECT_EQ(client.head.length, stored_text.size());
        EXPECT_EQ(client.body, stored_text);
        EXPECT_NE(client.fields.find("Cache-Status: larder; hit\r\n"), std::string::npos);
    }
}

TEST(SendStored, SendsPartsWithTheirLength) {
    Client client;
    EXPECT_EQ(sent_to(client, stored(1), "Range: bytes=30-35,0-20"), Sent::all);
    EXPECT_EQ(client.head.status, 206);
    EXPECT_EQ(client.head.length, client.body.size());
}

TEST(SendStored, SaysNothingOfALengthInNotModified) {
    Client client;
    EXPECT_EQ(sent_to(client, stored(), "If-None-Match: *"), Sent::all);
    EXPECT_EQ(client.head.length, std::nullopt);
    EXPECT_TRUE(client.head.bodiless);
    EXPECT_EQ(client.body, "");
}

TEST(SendStored, TellsHeadTheLength) {
    Client client;
    EXPECT_EQ(sent_to(client, stored(), "", "HEAD"), Sent::all);
    EXPECT_EQ(client.head.length, stored_text.size());
    EXPECT_TRUE(client.head.bodiless);
    EXPECT_EQ(client.body, "");
}

// A body in pieces of which so many come, and then no more.
class HangingSource final : public storage::BodySource {
  public:
    HangingSource(int reads, storage::Account& account) : account_(account), left_(reads) {}
    void read(std::uint64_t, std::size_t size,
              std::function<void(std::vector<storage::Body::Piece>)> done) const override {
        if (left_-- <= 0) return waiting_.push_back(std::move(done));
        std::vector<storage::Body::Piece> pieces;
        pieces.push_back(storage::piece_of(std::string(size, 'x'), account_));
        done(std::move(pieces));
    }
    std::chrono::milliseconds patience() const override { return std::chrono::seconds(5); }
    // It answers nevertheless.
    void go_on() const {
        for (const auto& done : std::exchange(waiting_, {})) done({});
    }

  private:
    storage::Account& account_;
    mutable int left_;
    mutable std::vector<std::function<void(std::vector<storage::Body::Piece>)>> waiting_;
};

TEST(SendStored, WaitsForALayerThatHangsAsLongAsItsSourceSays) {
    for (const int reads : {0, 1, 3}) {
        auto config = small_config();
        config.limits.fills_bytes = 64 * config::MiB;
        Shared shared(std::move(config), 1, 1);
        Worker worker(shared, 0);
        const auto source = std::make_shared<HangingSource>(reads, shared.account);
        storage::Object object = stored();
        const auto body = std::make_shared<storage::Body>();
        body->size = 2'000'000;
        body->source = source;
        object.body = body;
        Client client;
        Asking asking("", "GET");
        asio::io_context& context = worker.context();
        const auto sent = start(context, send_stored(worker, client, asking.exchange, object, policy::test_time));
        turn(context);
        deadlines_of(context.get_executor()).check(Steady::now() + std::chrono::seconds(4));
        turn(context);
        EXPECT_FALSE(*sent);
        deadlines_of(context.get_executor()).check(Steady::now() + std::chrono::seconds(6));
        turn(context);
        EXPECT_EQ(*sent, reads == 0 ? Sent::nothing : Sent::cut);
        EXPECT_EQ(client.begun, reads == 0 ? 0 : 1);
        EXPECT_EQ(client.body.size(), static_cast<std::size_t>(reads) * 256 * 1024);
        source->go_on();
        turn(context);
    }
}

TEST(SendStored, StopsWhenTheClientIsGone) {
    for (const int calls : {1, 2}) {
        Client client(calls);
        EXPECT_EQ(sent_to(client, stored(1), ""), Sent::cut);
        EXPECT_EQ(client.sent, calls);
    }
}

}  // namespace
}  // namespace larder::proxy
