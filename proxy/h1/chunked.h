// The chunked transfer coding, read and written (RFC 9112 section 7.1).
//
// A reader holds one message; reset() makes it ready for the next. Not for use by two threads at once. It takes any cut
// of the stream, down to single bytes, and allocates only where there are trailers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/h1/limits.h"

namespace larder::proxy::h1 {

class ChunkedReader {
  public:
    enum class Event {
        need_more,  // all of the input was taken
        data,       // `data` is the next piece of the body, in the caller's bytes; call again with the rest
        done,       // the message ended; what follows `consumed` belongs to the next one
        error,      // fault() says what; no byte from here on has a meaning, so close
    };
    struct Step {
        Event event;
        std::size_t consumed;  // bytes of the input, `data` included
        std::string_view data;
    };

    // Trailers are always checked. They are dropped unless `keep_trailers`, and then only those that may_be_trailer()
    // are kept: a trailer never becomes a header field (RFC 9110 section 6.5.1).
    explicit ChunkedReader(const ChunkLimits& limits, bool keep_trailers = false)
        : limits_(limits), keep_trailers_(keep_trailers) {}

    Step feed(std::string_view input);
    void reset();

    const char* fault() const { return fault_; }
    // After `done`: the kept trailers as "Name: value\r\n" lines.
    const std::string& trailers() const { return trailers_; }

  private:
    enum class State {
        size_start,
        size,
        blank_before_extension,
        name_start,
        name,
        blank_after_name,
        value_start,
        value,
        quoted,
        escaped,
        after_quoted,
        blank_after_value,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer,
        done,
        error,
    };

    static State after_part(char c, State blank);
    static State in_extension(State, char c);
    void size_line(char c);
    void size_digit(char c);
    void trailer_byte(char c);
    void end_of_trailer_line();
    void become(State next, const char* fault);

    ChunkLimits limits_;
    bool keep_trailers_;
    State state_ = State::size_start;
    std::uint64_t left_ = 0;  // of the chunk's size while it is read, then of its data
    std::size_t line_bytes_ = 0;
    std::uint64_t extension_bytes_ = 0;
    std::uint64_t trailer_bytes_ = 0;
    unsigned trailer_fields_ = 0;
    std::string line_;  // of the trailer section
    std::string trailers_;
    const char* fault_ = "";
};

inline constexpr std::size_t chunk_head_max = 18;
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Writes "1a2b\r\n" for a chunk of `size` bytes, which is not 0 (that would end the body), and returns how many bytes
// it wrote, at most chunk_head_max. The chunk's data and another CRLF follow.
std::size_t write_chunk_head(char* out, std::uint64_t size);

}  // namespace larder::proxy::h1
