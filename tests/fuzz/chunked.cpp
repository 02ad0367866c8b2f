// A chunked message has the same body, end and trailers however it is cut, and the body survives being written again.
// The first byte says how the rest is cut.
#include "proxy/h1/chunked.h"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace larder::proxy::h1;
using Event = ChunkedReader::Event;

constexpr ChunkLimits limits{64, 96, 128, 4};

void require(bool holds) {
    if (!holds) std::abort();
}

struct Outcome {
    Event event = Event::need_more;
    std::size_t consumed = 0;
    std::string body, trailers;
    bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t piece, ChunkLimits allowed = limits) {
    ChunkedReader reader(allowed, true);
    Outcome outcome;
    while (outcome.consumed < bytes.size() && outcome.event == Event::need_more) {
        const std::string_view input = bytes.substr(outcome.consumed, piece);
        const ChunkedReader::Step step = reader.feed(input);
        require(step.consumed > 0 && step.consumed <= input.size());
        outcome.consumed += step.consumed;
        outcome.body += step.data;
        outcome.event = step.event == Event::data ? Event::need_more : step.event;
    }
    outcome.trailers = reader.trailers();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome whole = read(bytes, bytes.size());
    require(whole == read(bytes, data[0] % 16 + 1u));
    if (whole.event != Event::done) return 0;
    std::string again;
    if (!whole.body.empty()) {
        char head[chunk_head_max];
        again.append(head, write_chunk_head(head, whole.body.size())).append(whole.body).append("\r\n");
    }
    again.append("0\r\n").append(whole.trailers).append("\r\n");
    // Written again, each trailer may be a space longer.
    const ChunkLimits roomier{limits.line_bytes, 0, limits.trailer_bytes + limits.trailer_fields,
                              limits.trailer_fields};
    require(read(again, again.size(), roomier) == Outcome{Event::done, again.size(), whole.body, whole.trailers});
    return 0;
}
