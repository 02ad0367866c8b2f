#include "proxy/decimal.h"
#include "proxy/h1/reason.h"
#include "proxy/h1_session.h"
#include "proxy/run_exchange.h"
#include "proxy/worker.h"

// How an answer leaves: a hit from within run(), everything else through Downstream.

namespace larder::proxy {
namespace {

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
    deadline_.set(now_ + exchange_.running->config.limits.write_timeout);
    hit_progress_ = 0;
    Pin pin;
    pin.body = hit.object->body.get();
    reader_.begin(pin, now_);
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
    if (!gather_.empty()) {
        reader_.waits();
        return true;
    }
    answer_started_ = false;
    complete_ = remaining_ == 0;
    deadline_.clear();
    return false;
}

void H1Session::wrote(error_code error, std::size_t n) {
    const auto& limits = exchange_.running->config.limits;
    gather_.consume(n);
    reader_.took(n);
    if (error || reader_.struck()) {
        if (deadline_.expired()) worker_.metrics().limit(Limit::write_time);
        answer_started_ = false;
        cut();
        return;
    }
    // The rate that a client must keep up, as Progress has it for everything else.
    hit_progress_ += n;
    if (!gather_.empty() &&
        hit_progress_ >= limits.minimum_rate * static_cast<std::uint64_t>(limits.write_timeout.count()) / 1000) {
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
    const auto& limits = exchange_.running->config.limits;
    Progress progress(deadline_, limits.write_timeout, limits.minimum_rate);
    while (!gather_.empty()) {
        reader_.waits();
        const auto [error, n] = co_await socket_.async_write_some(gather_.view(), no_throw);
        gather_.consume(n);
        reader_.took(n);
        progress.moved(n);
        if (error || reader_.struck()) {
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

void H1Session::pins(const Pin& pin) {
    if (reader_.pin().empty() && !pin.empty()) {
        reader_.begin(pin, Steady::now());
    } else {
        reader_.change(pin);
    }
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

}  // namespace larder::proxy
