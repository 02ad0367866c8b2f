// A client that is being sent a body: what it keeps in memory meanwhile, and how fast it takes it. When memory is short
// the slowest of those that pin some are cut (proxy/slowest.h).
//
// A member of its connection, used on the worker's thread alone. Costs the sending nothing but a few stores.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "proxy/clock.h"
#include "storage/object.h"

namespace larder::proxy {

class Fill;

// What an answer under way keeps in memory. Whoever says so keeps what it points to until it says otherwise.
struct Pin {
    const storage::Body* body = nullptr;
    const Fill* fill = nullptr;
    std::uint64_t bytes = 0;  // pieces of the reader's own

    // Bytes of it that nothing but readers holds, and that are free when the last one of them ends.
    std::uint64_t outside() const;
    bool empty() const { return !body && !fill && bytes == 0; }
    // The same for all readers of the same bytes; null: the bytes are this reader's own.
    const void* shared() const { return body ? static_cast<const void*>(body) : fill; }
};

class BodyReader {
  public:
    explicit BodyReader(storage::Account& account) : account_(account) {}
    ~BodyReader() { end(); }
    BodyReader(const BodyReader&) = delete;
    BodyReader& operator=(const BodyReader&) = delete;

    void begin(const Pin& pin, Steady::time_point now) {
        pin_ = pin;
        since_ = now;
        taken_ = 0;
        rate_.reset();
    }
    // More or less of the same answer.
    void change(const Pin& pin) { pin_ = pin; }
    void end() {
        pin_ = {};
        waiting_ = struck_ = false;
        if (leaving_ > 0) account_.expected(std::exchange(leaving_, 0));
    }

    // Between these it is the client that is waited for.
    void waits() { waiting_ = true; }
    void took(std::size_t bytes) {
        waiting_ = false;
        taken_ += bytes;
    }

    // It is to end, and `bytes` are expected to be free then.
    void strike(std::uint64_t bytes) {
        struck_ = true;
        leaving_ = bytes;
        account_.expect(bytes);
    }
    bool struck() const { return struck_; }

    const Pin& pin() const { return pin_; }
    // It could be cut, and something may come of it.
    bool holds_up() const { return waiting_ && !struck_ && !pin_.empty(); }

    // Bytes a second, in a second or two that just passed; nullopt: it has not been observed for long enough.
    std::optional<std::uint64_t> rate(Steady::time_point now) const;
    // To be called about once a second.
    void observe(Steady::time_point now);

  private:
    storage::Account& account_;
    Pin pin_;
    Steady::time_point since_;
    std::uint64_t taken_ = 0;            // since then
    std::optional<std::uint64_t> rate_;  // in the time before
    std::uint64_t leaving_ = 0;
    bool waiting_ = false;
    bool struck_ = false;
};

}  // namespace larder::proxy
