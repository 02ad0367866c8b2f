// A short request body is read before a connection to the origin is taken for it: a client that sends it slowly then
// holds nothing but its own connection. It can be sent again, too.
#pragma once

#include <cstdint>

#include "proxy/exchange.h"
#include "proxy/fills.h"
#include "proxy/task.h"

namespace larder::proxy {

// Bytes of limits.fills_bytes, for as long as this exists.
class ReadAheadBytes {
  public:
    ReadAheadBytes() = default;
    ~ReadAheadBytes() {
        if (fills_) fills_->release(bytes_);
    }
    ReadAheadBytes(const ReadAheadBytes&) = delete;
    ReadAheadBytes& operator=(const ReadAheadBytes&) = delete;
    bool take(Fills& fills, std::uint64_t bytes) {
        if (!fills.reserve(bytes)) return false;
        fills_ = &fills;
        bytes_ = bytes;
        return true;
    }

  private:
    Fills* fills_ = nullptr;
    std::uint64_t bytes_ = 0;
};

enum class ReadAhead {
    all,     // the body is in exchange.content, and content_taken
    begun,   // exchange.content is its beginning: the rest is to be pulled
    none,    // nothing was pulled
    failed,  // it did not come: answer `status`
};
struct ReadAheadOutcome {
    ReadAhead read = ReadAhead::none;
    int status = 400;
};
// Nothing is read of a body whose client waits for a 100, since the origin may refuse it, of one that is known to be
// longer than limits.read_ahead_bytes, and where `bytes` finds no room. `bytes` belongs to the content.
Task<ReadAheadOutcome> read_ahead(Fills& fills, Exchange& exchange, Downstream& client, ReadAheadBytes& bytes);

}  // namespace larder::proxy
