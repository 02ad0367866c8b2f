// A request that is accepted, however it is cut, has one reading: written again from what was understood, it is
// understood to be the same. The first byte says how the rest is cut.
#include "proxy/h1/request_head.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/h1/head_scanner.h"

namespace {

using namespace larder;
using namespace larder::proxy::h1;

constexpr HeadLimits limits{512, 256, 20, 4};

void require(bool holds) {
    if (!holds) std::abort();
}

bool read(std::string_view bytes, std::size_t piece, RequestHead& head) {
    HeadScanner scanner(limits);
    auto result = HeadScanner::Result::incomplete;
    for (std::size_t n = 0; n < bytes.size() && result == HeadScanner::Result::incomplete;) {
        n = std::min(bytes.size(), n + piece);
        result = scanner.scan(bytes.substr(0, n));
    }
    if (result != HeadScanner::Result::complete) return false;
    return !parse_request_head(bytes.substr(0, scanner.size()), limits, head);
}

std::string written(const RequestHead& head) {
    std::string out;
    out.append(head.method)
        .append(" ")
        .append(head.target)
        .append(" HTTP/1.")
        .append(std::to_string(head.minor))
        .append("\r\n");
    if (head.host_present) out.append("Host: ").append(head.host).append("\r\n");
    if (head.framing == BodyFraming::chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (head.framing == BodyFraming::length) {
        out.append("Content-Length: ").append(std::to_string(head.content_length)).append("\r\n");
    }
    if (head.expect_continue) out.append("Expect: 100-continue\r\n");
    if (head.upgrade) out.append("Upgrade: ").append(head.upgrade_protocol).append("\r\n");
    for (const policy::Field& field : head.fields)
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    return out.append("\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    RequestHead head, cut;
    const bool accepted = read(bytes, bytes.size(), head);
    require(accepted == read(bytes, data[0] % 16 + 1u, cut));
    if (!accepted) return 0;
    require(head.size == cut.size);
    const std::string once = written(head);
    require(once == written(cut));
    RequestHead again;
    require(!parse_request_head(once, limits, again));
    require(written(again) == once && again.keep_alive == head.keep_alive);
    return 0;
}
