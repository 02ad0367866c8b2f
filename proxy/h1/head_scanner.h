// Finds the end of a head in a buffer that grows while it arrives, looking at every byte once (RFC 9112 section 2.1).
//
// One scanner a connection and direction. Call scan() with everything received since the last head (or body) ended, the
// same bytes first each time, wherever the buffer has moved to; after `complete`, take size() bytes off it and call
// reset(). Any other result but `incomplete` ends the connection.
//
// The scanner looks at line ends and lengths only: what it calls complete may still be refused by the head's reader.
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/h1/limits.h"

namespace larder::proxy::h1 {

class HeadScanner {
  public:
    enum class Result {
        incomplete,
        complete,
        bad,            // a bare LF or CR, too many empty lines, or a first byte that starts no head: 400 or 502
        line_too_long,  // the first line: 414 (RFC 9112 section 3) or 502
        too_large,      // the head: 431 (RFC 6585 section 5) or 502
    };

    explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

    Result scan(std::string_view buffer);
    void reset();

    // After `complete`: the bytes of the head, leading empty lines and the empty line at its end included.
    std::size_t size() const { return size_; }

  private:
    Result end_of_line(std::string_view buffer, std::size_t lf);
    Result unfinished_line(std::string_view buffer);

    HeadLimits limits_;
    std::size_t start_ = 0;  // of the first line that is not empty
    std::size_t line_start_ = 0;
    std::size_t scanned_ = 0;
    std::size_t size_ = 0;
    unsigned empty_lines_ = 0;
    bool first_line_ended_ = false;
};

}  // namespace larder::proxy::h1
