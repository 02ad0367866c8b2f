#include "proxy/body_reader.h"

#include "proxy/fill.h"

namespace larder::proxy {
namespace {

constexpr std::chrono::milliseconds observed{1000};

std::uint64_t a_second(std::uint64_t bytes, Steady::duration time) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    return bytes * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 1));
}

}  // namespace

std::uint64_t Pin::outside() const {
    return bytes + (body ? body->outside() : 0) + (fill ? fill->pinned() : 0);
}

std::optional<std::uint64_t> BodyReader::rate(Steady::time_point now) const {
    if (now - since_ < observed) return rate_;
    const std::uint64_t latest = a_second(taken_, now - since_);
    return rate_ ? std::min(*rate_, latest) : latest;
}

void BodyReader::observe(Steady::time_point now) {
    if (now - since_ < observed) return;
    rate_ = a_second(taken_, now - since_);
    since_ = now;
    taken_ = 0;
}

}  // namespace larder::proxy
