#include "proxy/h1/head_scanner.h"

#include <algorithm>

#include "proxy/h1/line_rules.h"

namespace larder::proxy::h1 {

HeadScanner::Result HeadScanner::scan(std::string_view buffer) {
    while (true) {
        const std::size_t lf = buffer.find('\n', scanned_);
        if (lf == std::string_view::npos) return unfinished_line(buffer);
        const Result result = end_of_line(buffer, lf);
        if (result != Result::incomplete) return result;
    }
}

HeadScanner::Result HeadScanner::end_of_line(std::string_view buffer, std::size_t lf) {
    // Lengths first, so that a head gets the same verdict however it was cut into pieces.
    const std::size_t length = lf + 1 - line_start_;
    if (!first_line_ended_ && length > limits_.first_line_bytes + 2) return Result::line_too_long;
    if (lf + 1 - start_ > limits_.bytes) return Result::too_large;
    if (length < 2 || buffer[lf - 1] != '\r') return Result::bad;  // deviates from the leave of RFC 9112 section 2.2
    scanned_ = line_start_ = lf + 1;
    if (length > 2) {
        first_line_ended_ = true;
    } else if (first_line_ended_) {
        size_ = lf + 1;
        return Result::complete;
    } else {
        if (++empty_lines_ > limits_.leading_empty_lines) return Result::bad;
        start_ = lf + 1;
    }
    return Result::incomplete;
}

HeadScanner::Result HeadScanner::unfinished_line(std::string_view buffer) {
    const std::size_t length = buffer.size() - line_start_;
    if (!first_line_ended_ && length > limits_.first_line_bytes + 1) return Result::line_too_long;
    if (buffer.size() - start_ > limits_.bytes) return Result::too_large;
    // Refused at once instead of at the timeout: CR as a line end, and what is no HTTP/1, such as a TLS greeting.
    const std::size_t from = std::max(line_start_, scanned_ == 0 ? 0 : scanned_ - 1);
    const std::size_t cr = buffer.find('\r', from);
    if (cr != std::string_view::npos && cr + 1 < buffer.size()) return Result::bad;
    if (!first_line_ended_ && length > 0 && buffer[line_start_] != '\r' && !is(token_byte, buffer[line_start_])) {
        return Result::bad;
    }
    scanned_ = buffer.size();
    return Result::incomplete;
}

void HeadScanner::reset() {
    *this = HeadScanner(limits_);
}

}  // namespace larder::proxy::h1
