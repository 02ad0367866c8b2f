// Where the body of a client's request stands: framing, what is left, and its chunks. No I/O; the session feeds it.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/h1/chunked.h"
#include "proxy/h1/request_head.h"

namespace larder::proxy {

class ClientBody {
  public:
    explicit ClientBody(const h1::ChunkLimits& limits) : chunks_(limits) {}

    void begin(const h1::RequestHead& head) {
        framing_ = head.framing;
        remaining_ = head.framing == h1::BodyFraming::length ? head.content_length : 0;
        ended_ = framing_ == h1::BodyFraming::none || (framing_ == h1::BodyFraming::length && remaining_ == 0);
        taken_ = false;
        seen_ = 0;
        if (framing_ == h1::BodyFraming::chunked) chunks_.reset();
    }

    bool ended() const { return ended_; }
    bool taken() const { return taken_; }
    void mark_taken() { taken_ = true; }
    std::uint64_t seen() const { return seen_; }
    // At most this much may be read from the network without touching the next request; 0: as much as there is.
    std::uint64_t known_remaining() const { return remaining_; }

    struct Step {
        std::string_view data;
        std::size_t consumed = 0;
        bool malformed = false;
    };
    // What the next unread bytes of the connection hold of the body.
    Step feed(std::string_view bytes) {
        Step step;
        if (ended_) return step;
        if (framing_ == h1::BodyFraming::length) {
            step.data =
                bytes.substr(0, remaining_ < bytes.size() ? static_cast<std::size_t>(remaining_) : bytes.size());
            step.consumed = step.data.size();
            remaining_ -= step.consumed;
            ended_ = remaining_ == 0;
        } else {
            const auto chunk = chunks_.feed(bytes);
            step.data = chunk.data;
            step.consumed = chunk.consumed;
            step.malformed = chunk.event == h1::ChunkedReader::Event::error;
            ended_ = chunk.event == h1::ChunkedReader::Event::done;
        }
        seen_ += step.data.size();
        return step;
    }

  private:
    h1::ChunkedReader chunks_;
    h1::BodyFraming framing_ = h1::BodyFraming::none;
    std::uint64_t remaining_ = 0;
    std::uint64_t seen_ = 0;
    bool ended_ = true;
    bool taken_ = false;
};

}  // namespace larder::proxy
