// A response that is accepted, however it is cut, has one reading: written again from what was understood, it is
// understood to be the same. The first byte says how the rest is cut, and whether the request was HEAD.
#include "proxy/h1/response_head.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/h1/head_scanner.h"

namespace {

using namespace larder;
using namespace larder::proxy::h1;

constexpr HeadLimits limits{512, 512, 20, 0};

void require(bool holds) {
    if (!holds) std::abort();
}

bool read(std::string_view bytes, std::size_t piece, bool request_was_head, ResponseHead& head) {
    HeadScanner scanner(limits);
    auto result = HeadScanner::Result::incomplete;
    for (std::size_t n = 0; n < bytes.size() && result == HeadScanner::Result::incomplete;) {
        n = std::min(bytes.size(), n + piece);
        result = scanner.scan(bytes.substr(0, n));
    }
    if (result != HeadScanner::Result::complete) return false;
    return parse_response_head(bytes.substr(0, scanner.size()), limits, request_was_head, head) == nullptr;
}

std::string written(const ResponseHead& head) {
    std::string out = "HTTP/1." + std::to_string(head.minor) + " " + std::to_string(head.status) + " \r\n";
    if (head.framing == BodyFraming::chunked) out.append("Transfer-Encoding: chunked\r\n");
    for (const policy::Field& field : head.fields)
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    return out.append("\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const bool request_was_head = (data[0] & 0x80) != 0;
    ResponseHead head, cut;
    const bool accepted = read(bytes, bytes.size(), request_was_head, head);
    require(accepted == read(bytes, data[0] % 16 + 1u, request_was_head, cut));
    if (!accepted) return 0;
    require(head.size == cut.size);
    const std::string once = written(head);
    ResponseHead again;
    require(parse_response_head(once, {2 * limits.bytes, limits.bytes, limits.fields + 1, 0}, request_was_head,
                                again) == nullptr);
    require(written(again) == once && again.framing == head.framing && again.content_length == head.content_length);
    require(head.framing != BodyFraming::until_close || !head.keep_alive);
    return 0;
}
