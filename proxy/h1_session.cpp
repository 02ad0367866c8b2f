#include "proxy/h1_session.h"

#include <charconv>
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
constexpr std::size_t body_buffer_size = 64 * config::KiB;
// What is read of a body that nobody wanted, so that the connection can go on; and of a connection that is to be closed,
// so that the answer is not lost in a reset.
constexpr std::uint64_t disposable = 64 * config::KiB;
constexpr std::chrono::milliseconds linger_time{2000};

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

void append_status_line(std::string& out, int status) {
    if (status == 200) {
        out += "HTTP/1.1 200 OK\r\n";
        return;
    }
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += h1::reason_phrase(status);
    out += "\r\n";
}

}  // namespace

H1Session::H1Session(Worker& worker, Socket socket, const config::Listener& listener, const asio::ip::address& peer)
    : worker_(worker),
      socket_(std::move(socket)),
      listener_(listener),
      deadline_([this] {
          error_code ignored;
          socket_.cancel(ignored);
      }),
      scanner_(h1::request_head_limits(worker.shared().config.limits)),
      body_(h1::request_chunk_limits(worker.shared().config.limits)) {
    exchange_.peer = peer;
    exchange_.trusted_ranges = &listener.trusted_proxies;
    exchange_.peer_trusted = trusted(listener.trusted_proxies, peer);
    worker_.deadlines().add(deadline_);
    worker_.opened(*this);
}

H1Session::~H1Session() { worker_.closed(*this); }

void H1Session::drain(bool hard) {
    draining_ = true;
    if (idle_ || hard) {
        error_code ignored;
        if (hard) {
            socket_.close(ignored);
        } else {
            socket_.cancel(ignored);
        }
    }
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
        if (!unserved && may_be_stored(exchange_)) hit = find_hit(worker_, exchange_);
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
    const auto& limits = worker_.shared().config.limits;
    scanner_.reset();
    idle_ = begin_ == end_;
    deadline_.set(now_ + (idle_ && served_ > 0 ? limits.keepalive_timeout : limits.request_head_timeout));
}

H1Session::HeadScan H1Session::scan_head() {
    if (begin_ == end_) return draining_ ? HeadScan::end : HeadScan::incomplete;
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
        if (served_ > 0) deadline_.after(worker_.shared().config.limits.request_head_timeout);
    }
    end_ += n;
}

// From here on there is a request, and an exchange that answers it.
h1::Refusal H1Session::take_head() {
    const auto& limits = worker_.shared().config.limits;
    idle_ = false;
    ++served_;
    begun_ = complete_ = chunked_ = false;
    trailers_.clear();
    now_ = exchange_.started = Steady::now();
    exchange_.now = worker_.shared().clock.unix_time(now_);
    exchange_.status_detail = listener_.cache_status_detail;
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

void H1Session::begin_hit(const Hit& hit) {
    note_hit(exchange_, hit);
    note_detail(exchange_);
    answer_.prepare(exchange_, *hit.object, exchange_.now);
    begun_ = true;
    exchange_.status = answer_.status();
    bodiless_ = answer_.bodiless();
    sized_ = true;
    const bool has_length = answer_.status() != 304 && answer_.status() != 204;
    remaining_ = bodiless_ || !has_length ? 0 : answer_.length();
    out_.clear();
    append_status_line(out_, answer_.status());
    out_ += answer_.fields();
    write_head_end(has_length ? std::optional(answer_.length()) : std::nullopt, bodiless_);
    gather_.clear();
    gather_.add(out_);
    deadline_.set(now_ + worker_.shared().config.limits.write_timeout);
    hit_progress_ = 0;
}

// Fills the gather when it is empty. False: all is written, or the client is gone.
bool H1Session::next_of_hit() {
    if (failed_) return false;
    const std::size_t before = gather_.size();
    if (before == 0 || !answer_started_) {
        answer_started_ = true;
        answer_.next(gather_);
        count_body(gather_.size() - before);
    }
    if (!gather_.empty()) return true;
    answer_started_ = false;
    complete_ = remaining_ == 0;
    deadline_.clear();
    return false;
}

void H1Session::wrote(error_code error, std::size_t n) {
    const auto& limits = worker_.shared().config.limits;
    gather_.consume(n);
    if (error) {
        if (deadline_.expired()) worker_.metrics().limit(Limit::write_time);
        answer_started_ = false;
        cut();
        return;
    }
    // The rate that a client must keep up, as Progress has it for everything else.
    hit_progress_ += n;
    if (!gather_.empty() && hit_progress_ >= limits.minimum_rate * static_cast<std::uint64_t>(limits.write_timeout.count()) / 1000) {
        hit_progress_ = 0;
        deadline_.after(limits.write_timeout);
    }
}

void H1Session::write_head_end(std::optional<std::uint64_t> length, bool bodiless) {
    if (length) {
        out_ += "Content-Length: ";
        append_number(out_, *length);
        out_ += "\r\n";
    } else if (!bodiless) {
        if (exchange_.minor > 0) {
            chunked_ = true;
            out_ += "Transfer-Encoding: chunked\r\n";
        } else {
            keep_alive_ = false;  // the end of the connection is the end of the body
        }
    }
    // A body that the client still holds back, or that is too long to be read for nothing, ends the connection.
    const bool held_back = head_.expect_continue && !body_.taken();
    if (draining_ || (!body_.ended() && (held_back || body_.known_remaining() > disposable))) keep_alive_ = false;
    if (!keep_alive_) {
        out_ += "Connection: close\r\n";
    } else if (exchange_.minor == 0) {
        out_ += "Connection: keep-alive\r\n";
    }
    out_ += "\r\n";
}

// One deadline for each part that the client takes; and a rate that it must keep up.
Task<bool> H1Session::write_gathered() {
    const auto& limits = worker_.shared().config.limits;
    Progress progress(deadline_, limits.write_timeout, limits.minimum_rate);
    while (!gather_.empty()) {
        const auto [error, n] = co_await socket_.async_write_some(gather_.view(), no_throw);
        gather_.consume(n);
        progress.moved(n);
        if (error) {
            if (deadline_.expired()) worker_.metrics().limit(Limit::write_time);
            failed_ = true;
            cut();
            co_return false;
        }
    }
    co_return true;
}

Task<bool> H1Session::begin(const Head& head, const std::string_view* pieces, std::size_t count, bool last) {
    if (head.close) keep_alive_ = false;
    begun_ = true;
    exchange_.status = head.status;
    bodiless_ = head.bodiless;
    out_.clear();
    append_status_line(out_, head.status);
    out_ += head.fields;
    remaining_ = bodiless_ ? 0 : head.length.value_or(0);
    sized_ = head.length.has_value() || bodiless_;
    write_head_end(head.length, bodiless_);
    gather_.clear();
    gather_.add(out_);
    return send(pieces, count, last);
}

Task<bool> H1Session::send(const std::string_view* pieces, std::size_t count, bool last) {
    std::size_t size = 0;
    if (!bodiless_) {
        for (std::size_t i = 0; i < count; ++i) size += pieces[i].size();
    }
    if (size > 0) {
        if (chunked_) gather_.add({chunk_head_, h1::write_chunk_head(chunk_head_, size)});
        for (std::size_t i = 0; i < count; ++i) {
            if (gather_.full()) {
                if (!co_await write_gathered()) co_return false;
            }
            gather_.add(pieces[i]);
        }
        if (chunked_) {
            if (gather_.full()) {
                if (!co_await write_gathered()) co_return false;
            }
            gather_.add("\r\n");
        }
        count_body(size);
    }
    if (last && chunked_) {
        if (gather_.capacity_left() < 3) {
            if (!co_await write_gathered()) co_return false;
        }
        if (trailers_.empty()) {
            gather_.add(h1::last_chunk);
        } else {
            gather_.add("0\r\n");
            gather_.add(trailers_);
            gather_.add("\r\n");
        }
    }
    if (!co_await write_gathered()) co_return false;
    complete_ = sized_ ? remaining_ == 0 : last;
    co_return true;
}

void H1Session::count_body(std::size_t size) {
    exchange_.bytes += size;
    remaining_ -= std::min<std::uint64_t>(remaining_, size);
}

void H1Session::cut() {
    failed_ = true;
    keep_alive_ = false;
    // A reset instead of an orderly end: a body that is delimited by the close must not look whole.
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

Task<bool> H1Session::interim(int status, std::string_view fields) {
    out_.clear();
    append_status_line(out_, status);
    out_ += fields;
    out_ += "\r\n";
    gather_.clear();
    gather_.add(out_);
    return write_gathered();
}

Task<Downstream::BodyPiece> H1Session::next_body_piece() {
    const auto& limits = worker_.shared().config.limits;
    BodyPiece piece;
    const bool first = !body_.taken();
    body_.mark_taken();
    if (first && head_.expect_continue && !body_.ended() && begin_ == end_) {
        if (!co_await interim(100, {})) {
            piece.failed = true;
            co_return piece;
        }
    }
    if (first) body_progress_.emplace(deadline_, limits.request_body_timeout, limits.minimum_rate);
    body_progress_->restart();
    for (;;) {
        // First what came with the head, then what came behind it.
        const bool from_head = begin_ != end_;
        const auto step = body_.feed(from_head ? unread() : unread_body());
        (from_head ? begin_ : body_begin_) += step.consumed;
        if (step.malformed) {
            worker_.metrics().limit(Limit::malformed);
            piece.failed = true;
            break;
        }
        if (limits.request_body_bytes != 0 && body_.seen() > limits.request_body_bytes) {
            worker_.metrics().limit(Limit::request_body);
            piece.failed = true;
            piece.status = 413;
            break;
        }
        piece.data = step.data;
        piece.end = body_.ended();
        if (piece.end || !piece.data.empty()) {
            deadline_.clear();  // from here on we keep the client waiting
            co_return piece;
        }
        if (begin_ != end_ || body_begin_ != body_end_) continue;  // only a chunk's framing
        if (body_buffer_.empty()) body_buffer_.resize(body_buffer_size);
        const std::uint64_t known = body_.known_remaining();
        const std::size_t most = known > 0 && known < body_buffer_size ? static_cast<std::size_t>(known) : body_buffer_size;
        const auto [error, n] = co_await socket_.async_read_some(asio::buffer(body_buffer_.data(), most), no_throw);
        body_begin_ = 0;
        body_end_ = n;
        body_progress_->moved(n);
        if (error && n == 0) {
            piece.failed = true;
            if (deadline_.expired()) {
                worker_.metrics().limit(Limit::request_body_time);
                piece.status = 408;
            }
            break;
        }
    }
    body_progress_.reset();
    keep_alive_ = false;
    co_return piece;
}

void H1Session::interrupt_body() {
    error_code ignored;
    socket_.cancel(ignored);
}

// An answer may have been given without the request's body having been read. A short rest is read and thrown away, so
// that the connection can go on; a long one ends it. No byte of it is ever taken for a request.
Task<bool> H1Session::dispose_of_body() {
    const std::uint64_t before = body_.seen();
    if (body_.known_remaining() > disposable) co_return false;
    for (;;) {
        const auto piece = co_await next_body_piece();
        if (piece.failed || body_.seen() - before > disposable) co_return false;
        if (piece.end) co_return true;
    }
}

// Bytes of the next request that came with this one's body.
void H1Session::take_over_rest() {
    const std::string_view rest = unread_body();
    if (rest.empty()) return;
    buffer_.assign(rest.begin(), rest.end());
    begin_ = body_begin_ = body_end_ = 0;
    end_ = buffer_.size();
}

// No head that could be read: says why, where there is somebody to hear it.
Task<void> H1Session::refuse_head(HeadScan scan) {
    int status = 400;
    const char* reason = "malformed request head";
    switch (scan) {
        case HeadScan::end:
            if (!deadline_.expired() || begin_ == end_) co_return;
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
        const auto [failed, n] = co_await socket_.async_read_some(asio::buffer(buffer_.data(), buffer_.size()), no_throw);
        seen += n;
        if (failed) break;
    }
}

void H1Session::finished() {
    now_ = Steady::now();
    const auto took = now_ - exchange_.started;
    const std::size_t strategy =
        exchange_.strategy ? exchange_.strategy->index : worker_.metrics().requests.size() - 1;
    worker_.metrics().requests[strategy][static_cast<std::size_t>(exchange_.result)].add();
    worker_.metrics().durations[static_cast<std::size_t>(exchange_.result)].record(took);
    if (worker_.shared().access_log.on()) log_request(worker_.shared(), exchange_, took);
}

}  // namespace larder::proxy
