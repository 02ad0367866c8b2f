#include "proxy/fetch.h"

#include <sys/socket.h>

#include "policy/cdn_loop.h"
#include "policy/end_to_end.h"
#include "policy/trace_context.h"
#include "proxy/trusted.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

bool idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS" ||
           method == "QUERY";
}

// "HTTP/1.1 1xx": what can be read is a 100 or 103, not a final response.
bool interim_at_hand(int descriptor) {
    char start[10];
    const auto n = ::recv(descriptor, start, sizeof start, MSG_PEEK | MSG_DONTWAIT);
    return n == sizeof start && start[9] == '1';
}

// One try on one connection.
class Attempt {
  public:
    Attempt(Worker& worker, const Exchange& exchange, const ForwardOptions& options, Downstream* client,
            UpstreamConnection& connection, Fetched& fetched)
        : worker_(worker),
          exchange_(exchange),
          options_(options),
          client_(client),
          connection_(connection),
          fetched_(fetched),
          settings_(exchange.upstream->settings()),
          sends_body_(client && options.with_body && exchange.has_body && !exchange.content_taken) {}

    Task<UpstreamError> run();
    bool nothing_received() const { return nothing_received_; }

  private:
    Task<UpstreamError> send_body();
    Task<UpstreamError> read_final_head(bool until_continue, bool& continued);
    Task<UpstreamError> send_piece(std::string_view data, bool end);

    Worker& worker_;
    const Exchange& exchange_;
    const ForwardOptions& options_;
    Downstream* const client_;
    UpstreamConnection& connection_;
    Fetched& fetched_;
    const config::Upstream& settings_;
    const bool sends_body_;
    bool nothing_received_ = false;
    unsigned interim_ = 0;
};

Task<UpstreamError> Attempt::run() {
    ForwardOptions options = options_;
    options.with_body = sends_body_;
    options.expect_continue = sends_body_ && exchange_.expects_continue;
    std::string head;
    head.reserve(1024);
    write_forwarded_head(head, exchange_, connection_.server(), options);
    Gather gather;
    gather.add(head);
    if (exchange_.content_taken) gather.add(exchange_.content);
    fetched_.request_time = worker_.shared().clock.unix_time();
    if (const auto failed = co_await connection_.write(gather, settings_.first_byte_timeout)) {
        // The server may have answered (and closed) before it read all of it; else it is a dead connection.
        bool continued = false;
        co_return co_await read_final_head(false, continued);
    }
    bool continued = false;
    if (options.expect_continue) {
        const auto error = co_await read_final_head(true, continued);
        if (error != UpstreamError::none) co_return error;
        if (!continued && fetched_.head.status != 0) {
            fetched_.body_sent = false;  // refused: the body is not wanted
            co_return UpstreamError::none;
        }
    }
    if (sends_body_) {
        const auto error = co_await send_body();
        if (error != UpstreamError::none) co_return error;
        if (fetched_.head.status != 0) co_return UpstreamError::none;
    }
    co_return co_await read_final_head(false, continued);
}

Task<UpstreamError> Attempt::send_piece(std::string_view data, bool end) {
    Gather gather;
    char chunk_head[h1::chunk_head_max];
    const bool chunked = !exchange_.body_length;
    if (chunked && !data.empty()) {
        gather.add({chunk_head, h1::write_chunk_head(chunk_head, data.size())});
        gather.add(data);
        gather.add("\r\n");
    } else {
        gather.add(data);
    }
    if (chunked && end) gather.add(h1::last_chunk);
    const auto failed = co_await connection_.write(gather, settings_.idle_timeout);
    co_return failed ? UpstreamError::closed : UpstreamError::none;
}

// Pulls the body from the client and pushes it on, one piece at a time. If the server answers meanwhile, the rest of
// the body is of no use to anybody: the pull is interrupted and the answer read.
Task<UpstreamError> Attempt::send_body() {
    struct Watch {
        bool over = false;
        bool answered = false;
        bool writing = false;
    };
    const auto watch = std::make_shared<Watch>();
    Downstream* const client = client_;
    Stream* const stream = &connection_.stream();
    const int descriptor = stream->socket().native_handle();
    // Over TLS bytes that arrive need not be an answer, since session tickets come unasked: there the body is sent to
    // its end, or until the server takes no more of it.
    if (!stream->encrypted()) {
        stream->socket().async_wait(asio::socket_base::wait_read,
                                    [watch, client, stream, descriptor](error_code error) {
                                        if (watch->over || error) return;
                                        if (interim_at_hand(descriptor))
                                            return;  // no answer yet: it is read after the body
                                        watch->answered = true;
                                        client->interrupt_body();
                                        if (watch->writing)
                                            stream->cancel();  // a server that has answered may take no more
                                    });
    }
    PacedTransfers::Transfer transfer(connection_.server().paced_transfers(), worker_.executor(),
                                      text_of(exchange_.client), [client] { client->interrupt_body(); });
    UpstreamError result = UpstreamError::none;
    for (;;) {
        transfer.waits();
        const auto piece = co_await client_->next_body_piece();
        transfer.moved();
        if (piece.failed) {
            if (!watch->answered) {
                fetched_.client_status = transfer.was_cut() ? 503 : piece.status;
                result = UpstreamError::client_gone;
            } else {
                fetched_.body_sent = false;
            }
            break;
        }
        watch->writing = true;
        result = co_await send_piece(piece.data, piece.end);
        watch->writing = false;
        if (result != UpstreamError::none) {
            fetched_.body_sent = false;
            break;
        }
        if (piece.end) break;
        if (watch->answered) {
            fetched_.body_sent = false;
            break;
        }
    }
    watch->over = true;
    if (!watch->answered && !connection_.stream().encrypted()) connection_.stream().cancel();
    if (result == UpstreamError::client_gone) co_return result;
    if (!fetched_.body_sent) {
        bool continued = false;
        const auto error = co_await read_final_head(false, continued);
        // The connection has half a request on it.
        fetched_.head.keep_alive = false;
        co_return error;
    }
    co_return UpstreamError::none;
}

// Reads heads until a final one; passes 1xx on. With `until_continue` it also ends at a 100, or when the server keeps
// silent for a second (RFC 9110 section 10.1.1: no one is to wait for ever), with head.status 0.
Task<UpstreamError> Attempt::read_final_head(bool until_continue, bool& continued) {
    h1::ResponseHead& head = fetched_.head;
    const bool was_head = exchange_.head && !options_.for_storing;
    for (;;) {
        head.clear();
        const auto patience = until_continue ? std::chrono::milliseconds(1000) : settings_.first_byte_timeout;
        const auto read = co_await connection_.read_head(head, was_head, patience);
        if (until_continue && read.error == UpstreamError::first_byte_timeout && read.nothing_received) {
            head.clear();
            co_return UpstreamError::none;
        }
        if (read.error != UpstreamError::none) {
            nothing_received_ = read.nothing_received;
            co_return read.error;
        }
        fetched_.response_time = worker_.shared().clock.unix_time();
        if (head.status >= 200) co_return UpstreamError::none;
        if (head.status == 101) {
            // Only to who asked, and only for what was asked (RFC 9110 section 7.8).
            const bool asked =
                !options_.upgrade.empty() && policy::same_name(head.fields.value("upgrade"), options_.upgrade);
            co_return asked ? UpstreamError::none : UpstreamError::bad_response;
        }
        if (++interim_ > exchange_.running->config.limits.interim_responses) co_return UpstreamError::bad_response;
        if (head.status == 100) {
            if (until_continue) {
                continued = true;
                head.clear();
                co_return UpstreamError::none;
            }
            continue;  // ours to send, when a client waits for it
        }
        if (client_ && exchange_.minor > 0) {
            std::string lines;
            policy::append_end_to_end(lines, head.fields);
            co_await client_->interim(head.status, lines);  // a client that is gone shows itself later
        }
    }
}

bool is_connection_auth(std::string_view scheme) {
    const std::string_view name = scheme.substr(0, scheme.find(' '));
    return policy::same_name(name, "NTLM") || policy::same_name(name, "Negotiate");
}

// RFC 4559 and NTLM log a connection in, not a request: who comes next on it would be the same user.
bool logs_connection_in(const policy::Fields& request, const policy::Fields& response) {
    bool found =
        is_connection_auth(request.value("Authorization")) || is_connection_auth(request.value("Proxy-Authorization"));
    for (const char* const name : {"WWW-Authenticate", "Proxy-Authenticate"}) {
        policy::for_each_element(response, name, [&](std::string_view challenge) {
            found = found || is_connection_auth(challenge);
            return !found;
        });
    }
    return found;
}

// What a connection has had on it after this request.
Carried carried_by(const Exchange& exchange, bool with_content) {
    if (with_content || !exchange.upgrade.empty()) return Carried::content;
    return exchange.has_credentials ? Carried::credentials : Carried::nothing;
}

Pool::Wanted connection_for(const Exchange& exchange, const ForwardOptions& options) {
    Pool::Wanted wanted;
    // A response to HEAD may update what is stored.
    if (options.for_storing || (exchange.head && exchange.strategy)) {
        wanted.at_worst = exchange.has_credentials ? Carried::credentials : Carried::nothing;
    }
    return wanted;
}

}  // namespace

Task<Fetched> fetch(Worker& worker, const Exchange& exchange, ForwardOptions options, Downstream* client) {
    Fetched fetched;
    Upstream& upstream = *exchange.upstream;
    UpstreamCounters& metrics = upstream.counters(worker.index());
    options.loop_id = worker.shared().loop_id;
    if (policy::has_passed(exchange.request.chains(), options.loop_id)) {
        fetched.error = UpstreamError::loop;
        metrics.errors[static_cast<std::size_t>(fetched.error)].add();
        co_return fetched;
    }
    if (exchange.new_trace) {
        auto& random = worker.random();
        options.trace_parent = policy::make_trace_parent(random(), random(), random());
    }
    const bool streams_body = client && options.with_body && exchange.has_body && !exchange.content_taken;
    const bool with_content = streams_body || exchange.content_taken;
    Pool::Wanted wanted = connection_for(exchange, options);
    if (streams_body) wanted.upload_by = text_of(exchange.client);
    for (;;) {
        auto acquired = co_await worker.pool().acquire(upstream, wanted);
        if (acquired.error != UpstreamError::none) {
            // The error of the server that was tried says more than that none is left.
            if (acquired.error != UpstreamError::no_server || wanted.tried.empty()) {
                fetched.error = acquired.error;
                metrics.errors[static_cast<std::size_t>(acquired.error)].add();
            }
            if (acquired.server && nothing_sent(acquired.error) && wanted.tried.size() < 3) {
                wanted.tried.push_back(acquired.server.get());
                continue;
            }
            co_return fetched;
        }
        fetched.error = UpstreamError::none;
        fetched.connection = std::move(acquired.connection);
        OriginServer& server = *acquired.server;
        const bool reused = fetched.connection->reused;
        fetched.body_sent = true;
        fetched.connection->set_busy(true);
        fetched.connection->carried = std::max(fetched.connection->carried, carried_by(exchange, with_content));
        bool nothing_received = false;
        {
            Attempt attempt(worker, exchange, options, client, *fetched.connection, fetched);
            fetched.error = co_await attempt.run();
            nothing_received = attempt.nothing_received();
        }
        if (fetched.error == UpstreamError::none) {
            server.responded();
            fetched.connection->upload_ended();
            if (logs_connection_in(*exchange.fields, fetched.head.fields)) fetched.head.keep_alive = false;
            metrics.statuses[static_cast<std::size_t>(fetched.head.status)].add();
            co_return fetched;
        }
        fetched.connection.reset();
        metrics.errors[static_cast<std::size_t>(fetched.error)].add();
        const bool body_touched = client && client->body_taken() && !exchange.content_taken;
        const std::string_view method = options.for_storing ? exchange.stored_method() : exchange.method;
        if (reused && !wanted.fresh && nothing_received && fetched.error == UpstreamError::closed && !body_touched &&
            idempotent(method)) {
            wanted.fresh = true;
            continue;
        }
        if (fetched.error == UpstreamError::closed || fetched.error == UpstreamError::first_byte_timeout) {
            server.connection_failed(Steady::now());
        }
        co_return fetched;
    }
}

void give_back(Worker& worker, Fetched& fetched) {
    if (!fetched.connection) return;
    if (fetched.body_sent && fetched.connection->reusable(fetched.head)) {
        worker.pool().release(std::move(fetched.connection));
    }
    fetched.connection.reset();
}

}  // namespace larder::proxy
