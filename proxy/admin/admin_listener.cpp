#include "proxy/admin/admin_listener.h"

#include <boost/asio/write.hpp>
#include <optional>

#include "policy/date.h"
#include "policy/target.h"
#include "proxy/client_body.h"
#include "proxy/h1/head_scanner.h"
#include "proxy/h1/reason.h"
#include "proxy/h1/request_head.h"
#include "proxy/shared.h"

namespace larder::proxy::admin {
namespace {

constexpr std::chrono::milliseconds request_time{10000};
constexpr std::size_t longest_line = 256 * config::KiB;

struct Received {
    std::optional<AdminResponse> answer;  // to a request that was not, or need not be, read to its end
    bool gone = false;
    h1::RequestHead head;
    policy::Target target;
    std::string authority;
    std::string body;

    bool remote = false;  // the listener is open to other machines

    AdminRequest request() const { return {head.method, target.text, authority, head.fields, body, remote}; }
};

// Counts a connection as long as its coroutine lives, closed or not: that long it may hold memory.
class Present {
  public:
    explicit Present(std::atomic<std::int64_t>& count) : count_(count) { ++count_; }
    ~Present() { --count_; }
    Present(const Present&) = delete;
    Present& operator=(const Present&) = delete;

  private:
    std::atomic<std::int64_t>& count_;
};

// Reads one request with a body of at most limits.admin_body_bytes, which only those who have the token may send.
// `buffer` holds what the head's views lead into.
Task<void> receive(Socket& socket, Api& api, const config::Limits& limits, std::string& buffer, Received& received) {
    auto head_limits = h1::request_head_limits(limits);
    // A key as long as a client's target may be stands here escaped once or twice more, or in a cursor.
    head_limits.first_line_bytes = std::max<std::size_t>(head_limits.first_line_bytes, longest_line);
    head_limits.bytes += head_limits.first_line_bytes;
    h1::HeadScanner scanner(head_limits);
    const auto most = head_limits.bytes + limits.admin_body_bytes + 4096;
    buffer.reserve(most);  // never moves: the views stay good
    ClientBody body(h1::request_chunk_limits(limits));
    bool has_head = false;
    std::size_t taken = 0;
    const auto fail = [&](int status, const char* reason) { received.answer = problem(status, reason); };
    for (;;) {
        if (!has_head && !buffer.empty()) {
            const auto scanned = scanner.scan(buffer);
            if (scanned == h1::HeadScanner::Result::complete) {
                const std::string_view bytes = std::string_view(buffer).substr(0, scanner.size());
                if (const auto refusal = h1::parse_request_head(bytes, head_limits, received.head)) {
                    co_return fail(refusal.status, refusal.reason);
                }
                const auto verdict =
                    policy::canonical_target(received.head.target, received.head.method, received.target);
                if (verdict != policy::TargetVerdict::fine) co_return fail(400, policy::word(verdict));
                if (!received.head.host_present) co_return fail(400, "no Host field");
                const auto named =
                    policy::request_authority(received.target, true, received.head.host, false, received.authority);
                if (named != policy::TargetVerdict::fine) co_return fail(400, policy::word(named));
                received.answer = api.at_the_door(received.request());
                if (received.answer) co_return;
                has_head = true;
                taken = scanner.size();
                body.begin(received.head);
                if (received.head.framing == h1::BodyFraming::length &&
                    received.head.content_length > limits.admin_body_bytes) {
                    co_return fail(413, "body too large");
                }
                if (received.head.expect_continue) {
                    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                    co_await asio::async_write(socket, asio::buffer(go_on), no_throw);
                }
            } else if (scanned != h1::HeadScanner::Result::incomplete) {
                using Result = h1::HeadScanner::Result;
                if (scanned == Result::line_too_long) co_return fail(414, "request line too long");
                if (scanned == Result::too_large) co_return fail(431, "request head too large");
                co_return fail(400, "malformed request head");
            }
        }
        while (has_head && !body.ended() && taken < buffer.size()) {
            const auto step = body.feed(std::string_view(buffer).substr(taken));
            if (step.malformed) co_return fail(400, "malformed request body");
            taken += step.consumed;
            received.body += step.data;
            if (received.body.size() > limits.admin_body_bytes) co_return fail(413, "body too large");
            if (step.consumed == 0) break;
        }
        if (has_head && body.ended()) co_return;
        const std::size_t had = buffer.size();
        const std::size_t room = std::min<std::size_t>(most - had, 16 * config::KiB);
        if (room == 0) co_return fail(413, "request too large");
        buffer.resize(had + room);
        const auto [error, n] = co_await socket.async_read_some(asio::buffer(buffer.data() + had, room), no_throw);
        buffer.resize(had + n);
        if (error) {
            received.gone = true;
            co_return;
        }
    }
}

}  // namespace

AdminListener::AdminListener(Executor executor, Shared& shared, Api& api, Deadlines& deadlines, ListeningSocket socket)
    : shared_(shared),
      api_(api),
      deadlines_(deadlines),
      acceptor_(executor, socket.protocol(), socket.release()),
      endpoint_(acceptor_.local_endpoint()) {}

void AdminListener::start() {
    shared_.loops.keep(acceptor_.get_executor(), Loop::admin_accept,
                       [self = shared_from_this()] { return accept_loop(self); });
}

void AdminListener::close() {
    error_code ignored;
    acceptor_.close(ignored);
}

Task<void> AdminListener::accept_loop(std::shared_ptr<AdminListener> self) {
    Acceptor& acceptor = self->acceptor_;
    while (acceptor.is_open()) {
        auto [error, socket] = co_await acceptor.async_accept(no_throw);
        if (!acceptor.is_open()) break;
        if (error) {
            // Out of descriptors: a moment's rest instead of a spin.
            asio::steady_timer rest(acceptor.get_executor(), std::chrono::milliseconds(100));
            constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> token;
            co_await rest.async_wait(token);
            continue;
        }
        const auto room = self->guests_.make_room(self->shared_.running()->config.limits.admin_connections);
        if (room != Guests::Room::free) ++self->shared_.metrics.admin_displaced;
        if (room == Guests::Room::none) continue;
        Task<void> serving = serve(self, std::move(socket));
        self->shared_.loops.run(acceptor.get_executor(), Errand::admin_connection, std::move(serving));
    }
}

Task<void> AdminListener::serve(std::shared_ptr<AdminListener> self, Socket socket) {
    Shared& shared = self->shared_;
    const Present present(shared.metrics.admin_connections);
    Guest guest(socket);
    self->guests_.add(guest);
    Deadline deadline([&socket] {
        error_code ignored;
        socket.close(ignored);
    });
    self->deadlines_.add(deadline);
    deadline.after(request_time);
    std::string buffer;
    Received received;
    received.remote = !self->endpoint_.address().is_loopback();
    const auto running = shared.running();
    co_await receive(socket, self->api_, running->config.limits, buffer, received);
    if (!received.gone) {
        if (!received.answer) {
            const AdminRequest request = received.request();
            guest.working(true);
            deadline.clear();
            received.answer = co_await self->api_.answer(request);
            guest.working(false);
        }
        const AdminResponse& response = *received.answer;
        std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " + h1::reason_phrase(response.status) +
                          "\r\nDate: " + policy::http_date(shared.clock.unix_time()) +
                          "\r\nContent-Type: " + response.content_type +
                          "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n" + std::string(marker) +
                          ": " LARDER_VERSION
                          "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n" +
                          response.fields + "\r\n";
        if (received.head.method != "HEAD") out += response.body;
        deadline.after(request_time);
        co_await asio::async_write(socket, asio::buffer(out), no_throw);
        error_code error;
        socket.shutdown(asio::socket_base::shutdown_send, error);
        // What the client still sends is read away, so that a reset does not overtake the answer.
        buffer.resize(4096);
        for (std::size_t seen = 0; !error && seen < 256 * config::KiB;) {
            const auto [failed, n] = co_await socket.async_read_some(asio::buffer(buffer), no_throw);
            seen += n;
            error = failed;
        }
    }
}

}  // namespace larder::proxy::admin
