#include "proxy/h1/chunked.h"

#include <algorithm>
#include <charconv>

#include "policy/digits.h"
#include "proxy/h1/framing.h"
#include "proxy/h1/known_names.h"
#include "proxy/h1/line_rules.h"

namespace larder::proxy::h1 {
namespace {

constexpr std::size_t size_digits = 16;  // more are needless zeros

}  // namespace

ChunkedReader::Step ChunkedReader::feed(std::string_view input) {
    std::size_t i = 0;
    while (state_ != State::done && state_ != State::error) {
        if (i == input.size()) return {Event::need_more, i, {}};
        if (state_ == State::data) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - i));
            left_ -= n;
            if (left_ == 0) state_ = State::data_cr;
            return {Event::data, i + n, input.substr(i, n)};
        }
        const char c = input[i++];
        switch (state_) {
            case State::data_cr:
                become(c == '\r' ? State::data_lf : State::error, "chunk without its end");
                break;
            case State::data_lf:
                become(c == '\n' ? State::size_start : State::error, "chunk without its end");
                break;
            case State::trailer:
                trailer_byte(c);
                break;
            default:
                size_line(c);
                break;
        }
    }
    return {state_ == State::done ? Event::done : Event::error, i, {}};
}

void ChunkedReader::size_line(char c) {
    if (state_ == State::size_start) left_ = line_bytes_ = 0;
    const bool in_size = state_ == State::size_start || state_ == State::size;
    const bool needed = in_size ? line_bytes_ < size_digits : state_ == State::size_lf;
    if (++line_bytes_ > limits_.line_bytes) return become(State::error, "chunk line too long");
    if (!needed && c != '\r' && ++extension_bytes_ > limits_.extension_bytes) {
        return become(State::error, "chunk extensions too large");
    }
    if (in_size) return size_digit(c);
    // A bare LF ends no chunk line: RFC 9112 section 2.2 lets it pass in a head only.
    if (state_ != State::size_lf) return become(in_extension(state_, c), "bad chunk extension");
    if (c != '\n') return become(State::error, "bad chunk line end");
    state_ = left_ > 0 ? State::data : State::trailer;
}

void ChunkedReader::size_digit(char c) {
    const int digit = policy::hex_value(c);
    if (digit < 0) {
        const State next = after_part(c, State::blank_before_extension);
        return become(state_ == State::size ? next : State::error, "bad chunk size");
    }
    if (left_ > max_body_size / 16) return become(State::error, "chunk too large");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    state_ = State::size;
}

// chunk-size *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF: RFC 9112 section 7.1.1. White space
// stands only where that grammar has it, so none before the CRLF.
ChunkedReader::State ChunkedReader::in_extension(State state, char c) {
    switch (state) {
        case State::blank_before_extension:
        case State::blank_after_value:
            return c == ';' ? State::name_start : is_blank(c) ? state : State::error;
        case State::name_start:
            return is(token_byte, c) ? State::name : is_blank(c) ? state : State::error;
        case State::name:
            if (is(token_byte, c)) return State::name;
            return c == '=' ? State::value_start : after_part(c, State::blank_after_name);
        case State::blank_after_name:
            if (c == '=') return State::value_start;
            return c == ';' ? State::name_start : is_blank(c) ? state : State::error;
        case State::value_start:
            if (is(token_byte, c)) return State::value;
            return c == '"' ? State::quoted : is_blank(c) ? state : State::error;
        case State::value:
            return is(token_byte, c) ? state : after_part(c, State::blank_after_value);
        case State::quoted:
            if (is(quoted_byte, c)) return State::quoted;
            return c == '"' ? State::after_quoted : c == '\\' ? State::escaped : State::error;
        case State::escaped:
            return is(value_byte, c) ? State::quoted : State::error;
        case State::after_quoted:
            return after_part(c, State::blank_after_value);
        default:
            return State::error;
    }
}

// What may follow a size, a name or a value.
ChunkedReader::State ChunkedReader::after_part(char c, State blank) {
    if (c == '\r') return State::size_lf;
    return c == ';' ? State::name_start : is_blank(c) ? blank : State::error;
}

void ChunkedReader::trailer_byte(char c) {
    if (++trailer_bytes_ > limits_.trailer_bytes + 2) return become(State::error, "trailers too large");
    line_.push_back(c);
    if (c == '\n') end_of_trailer_line();
}

void ChunkedReader::end_of_trailer_line() {
    std::string_view rest = line_, line;
    if (!take_line(rest, line)) return become(State::error, "bad line end");
    if (line.empty()) {
        state_ = State::done;
        return;
    }
    if (++trailer_fields_ > limits_.trailer_fields) return become(State::error, "too many trailers");
    policy::Field field;
    if (const char* fault = read_field_line(line, field)) return become(State::error, fault);
    if (keep_trailers_ && may_be_trailer(field.name)) {
        trailers_.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    line_.clear();
}

void ChunkedReader::become(State next, const char* fault) {
    state_ = next;
    if (next == State::error) fault_ = fault;
}

void ChunkedReader::reset() {
    *this = ChunkedReader(limits_, keep_trailers_);
}

std::size_t write_chunk_head(char* out, std::uint64_t size) {
    char* end = std::to_chars(out, out + chunk_head_max - 2, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return static_cast<std::size_t>(end - out);
}

}  // namespace larder::proxy::h1
