#include "proxy/h1_session.h"

#include <cstring>

#include "proxy/h1/reason.h"
#include "proxy/identify.h"
#include "proxy/problem.h"
#include "proxy/request_log.h"
#include "proxy/run_exchange.h"
#include "proxy/trusted.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

constexpr std::size_t first_buffer = 4 * config::KiB;
constexpr std::chrono::milliseconds linger_time{2000};

}  // namespace

H1Session::H1Session(Worker& worker, Socket socket, std::shared_ptr<const config::Listener> listener,
                     const asio::ip::address& peer)
    : worker_(worker),
      socket_(std::move(socket)),
      listener_(std::move(listener)),
      deadline_([this] {
          error_code ignored;
          socket_.cancel(ignored);
      }),
      scanner_(h1::request_head_limits(worker.running()->config.limits)),
      body_(h1::request_chunk_limits(worker.running()->config.limits)),
      body_room_(worker.shared().account, storage::Account::Purpose::content),
      reader_(worker.shared().account) {
    draining_ = worker_.draining();
    exchange_.running = worker_.running();
    exchange_.peer = peer;
    exchange_.trusted_ranges = &listener_->trusted_proxies;
    exchange_.believed = listener_->forwarded;
    exchange_.peer_trusted = trusted(listener_->trusted_proxies, peer);
    worker_.deadlines().add(deadline_);
    worker_.opened(*this);
}

H1Session::~H1Session() {
    worker_.closed(*this);
}

void H1Session::drain(bool hard) {
    if (hard) {
        error_code ignored;
        socket_.close(ignored);
    } else if (idle_ && !draining_) {
        // A request may be on its way: an idle connection stays for a moment, and answers one that comes.
        const auto last = Steady::now() + exchange_.running->config.limits.drain_idle;
        if (last < deadline_.when()) deadline_.set(last);
    }
    draining_ = true;
}

bool H1Session::give_way(Steady::time_point now) {
    if (!idle_ || yielding_ || now - now_ < std::chrono::seconds(1)) return false;
    yielding_ = true;
    error_code ignored;
    socket_.cancel(ignored);
    return true;
}

// The loop reads like the protocol. Reading a head and writing a hit are done in this coroutine itself, since every
// further one costs a frame for each request; all else has coroutines of its own.
Task<void> H1Session::run() {
    now_ = Steady::now();
    while (keep_alive_ && !failed_) {
        expect_head();
        HeadScan scan = scan_head();
        while (scan == HeadScan::incomplete) {
            make_room();
            const auto [error, n] =
                co_await socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_), no_throw);
            received(n);
            scan = error ? HeadScan::end : scan_head();
        }
        if (scan == HeadScan::end && (begin_ == end_ || !deadline_.expired())) co_return;  // nothing to answer
        if (scan != HeadScan::complete) {
            co_await refuse_head(scan);
            break;
        }
        const h1::Refusal refusal = take_head();
        if (refusal) {
            co_await refuse(refusal.status, refusal.reason, true);
            break;
        }
        const h1::Refusal unserved = identify(worker_.shared(), head_, false, exchange_);
        Hit hit;
        if (!unserved && may_be_answered(exchange_)) hit = find_hit(worker_, exchange_);
        if (hit.fresh()) {
            begin_hit(hit);
            while (next_of_hit()) {
                const auto [error, n] = co_await socket_.async_write_some(gather_.view(), no_throw);
                wrote(error, n);
            }
        } else if (unserved) {
            co_await refuse(unserved.status, unserved.reason, false);
        } else {
            co_await run_exchange(worker_, exchange_, *this, std::move(hit));
        }
        if (!complete_ && !tunnelled_) cut();  // whoever answered did not get to the end
        finished();
        if (failed_ || !keep_alive_) break;
        if (!body_.ended()) {
            if (!co_await dispose_of_body()) break;
        }
        take_over_rest();
    }
    if (!failed_ && !tunnelled_) co_await linger();
}

void H1Session::expect_head() {
    // An exchange is over: the next one is read under what is in force now.
    if (exchange_.running != worker_.running()) {
        exchange_.running = worker_.running();
        scanner_ = h1::HeadScanner(h1::request_head_limits(exchange_.running->config.limits));
    }
    const auto& limits = exchange_.running->config.limits;
    scanner_.reset();
    idle_ = begin_ == end_;
    if (idle_ && !body_buffer_.empty()) {
        // What one large request needed is not kept while the connection waits for the next.
        std::vector<char>().swap(body_buffer_);
        std::string().swap(joined_chunks_);
        if (buffer_.size() > 4 * first_buffer) std::vector<char>().swap(buffer_);
        begin_ = end_ = 0;
        std::string().swap(exchange_.content);
        exchange_.content_room.reset();
        body_room_.end();
    }
    auto wait = idle_ && served_ > 0 ? limits.keepalive_timeout : limits.request_head_timeout;
    if (idle_ && draining_) wait = std::min(wait, limits.drain_idle);
    deadline_.set(now_ + wait);
}

H1Session::HeadScan H1Session::scan_head() {
    if (begin_ == end_) return HeadScan::incomplete;
    switch (scanner_.scan(unread())) {
        case h1::HeadScanner::Result::complete:
            return HeadScan::complete;
        case h1::HeadScanner::Result::incomplete:
            return HeadScan::incomplete;
        case h1::HeadScanner::Result::bad:
            return HeadScan::bad;
        case h1::HeadScanner::Result::line_too_long:
            return HeadScan::line_too_long;
        case h1::HeadScanner::Result::too_large:
            break;
    }
    return HeadScan::too_large;
}

void H1Session::received(std::size_t n) {
    if (idle_ && n > 0) {
        idle_ = false;
        if (served_ > 0 || draining_) deadline_.after(exchange_.running->config.limits.request_head_timeout);
    }
    end_ += n;
}

// From here on there is a request, and an exchange that answers it.
h1::Refusal H1Session::take_head() {
    // The connection may have been idle over a reload.
    if (exchange_.running != worker_.running()) exchange_.running = worker_.running();
    const auto& limits = exchange_.running->config.limits;
    idle_ = false;
    ++served_;
    begun_ = complete_ = chunked_ = false;
    trailers_.clear();
    now_ = exchange_.started = Steady::now();
    exchange_.now = worker_.shared().clock.unix_time(now_);
    exchange_.status_detail = listener_->cache_status_detail;
    deadline_.clear();
    const std::string_view bytes = unread().substr(0, scanner_.size());
    begin_ += scanner_.size();
    const auto refusal = h1::parse_request_head(bytes, h1::request_head_limits(limits), head_);
    if (refusal) {
        exchange_.clear();
        exchange_.method = head_.method;
        exchange_.target.text = head_.target;
        return refusal;
    }
    keep_alive_ = head_.keep_alive && !draining_ && served_ < limits.keepalive_requests;
    body_.begin(head_);
    return {};
}

// The scanner bounds a head, so this bounds the buffer: it doubles until a whole head fits.
void H1Session::make_room() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ < buffer_.size()) return;
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        return;
    }
    buffer_.resize(buffer_.empty() ? first_buffer : buffer_.size() * 2);
}
// No head that could be read: says why, where there is somebody to hear it.
Task<void> H1Session::refuse_head(HeadScan scan) {
    int status = 400;
    const char* reason = "malformed request head";
    switch (scan) {
        case HeadScan::end:
            worker_.metrics().limit(Limit::request_head_time);
            status = 408;
            reason = "request head not complete in time";
            break;
        case HeadScan::line_too_long:
            worker_.metrics().limit(Limit::request_head);
            status = 414;
            reason = "request line too long";
            break;
        case HeadScan::too_large:
            worker_.metrics().limit(Limit::request_head);
            status = 431;
            reason = "request head too large";
            break;
        default:
            break;
    }
    exchange_.clear();
    exchange_.target.text.clear();
    exchange_.started = Steady::now();
    exchange_.now = worker_.shared().clock.unix_time(exchange_.started);
    begun_ = complete_ = false;
    head_.clear();
    body_.begin(head_);
    co_await refuse(status, reason, true);
}

Task<void> H1Session::refuse(int status, const char* reason, bool close) {
    if (close) worker_.metrics().limit(Limit::malformed);
    exchange_.result = Result::error;
    Problem problem;
    problem.status = status;
    problem.title = h1::reason_phrase(status);
    problem.detail = reason;
    co_await send_problem(*this, exchange_, problem, close);
    if (close) {
        keep_alive_ = false;
        finished();
    }
}

// RFC 9112 section 9.6: the write side first, then what still comes in, then the rest.
Task<void> H1Session::linger() {
    error_code error;
    socket_.shutdown(asio::socket_base::shutdown_send, error);
    if (error) co_return;
    deadline_.after(linger_time);
    std::uint64_t seen = 0;
    if (buffer_.size() < first_buffer) buffer_.resize(first_buffer);
    while (seen < 4 * disposable) {
        const auto [failed, n] =
            co_await socket_.async_read_some(asio::buffer(buffer_.data(), buffer_.size()), no_throw);
        seen += n;
        if (failed) break;
    }
}

void H1Session::cut_reader(std::uint64_t bytes) {
    reader_.strike(bytes);
    error_code ignored;
    socket_.cancel(ignored);
}

void H1Session::finished() {
    reader_.end();
    now_ = Steady::now();
    const auto took = now_ - exchange_.started;
    exchange_.running->counters(exchange_.strategy, worker_.index())
        .requests[static_cast<std::size_t>(exchange_.result)]
        .add();
    if (exchange_.cache.forward != policy::Forward::none) {
        worker_.metrics().forwards[static_cast<std::size_t>(exchange_.cache.forward)].add();
    }
    if (exchange_.refused != policy::StoreVerdict::storable) {
        worker_.metrics().unstored[static_cast<std::size_t>(exchange_.refused)].add();
    }
    worker_.metrics().durations[static_cast<std::size_t>(exchange_.result)].record(took);
    if (exchange_.running->access_log->on()) log_request(worker_.shared(), exchange_, took);
}

}  // namespace larder::proxy
