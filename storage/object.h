// A stored response. Immutable once published: whoever holds a shared_ptr may read it from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/piece.h"
#include "storage/time.h"

namespace larder::storage {

class BodySource;

// The bytes of a body: in memory, in pieces of whatever size they came in, or with a source to read them from.
// Immutable once published; shared between an object and its refreshed successors (a 304 changes the head, not the
// body).
class Body {
  public:
    using Piece = storage::Piece;
    std::vector<Piece> pieces;
    std::uint64_t size = 0;
    std::shared_ptr<const BodySource> source;  // with it `pieces` is empty: the bytes lie in a slower layer

    bool in_memory() const { return !source; }
    // Only before it is published. What continues the last piece becomes one with it.
    void append(Piece piece) {
        size += piece.size;
        if (!pieces.empty() && piece.continues(pieces.back())) {
            pieces.back().size += piece.size;
        } else {
            pieces.push_back(std::move(piece));
        }
    }

    // Bytes that it occupies, bookkeeping and the whole memory of each piece included.
    std::size_t charge() const;
    // Those of its pieces that no layer holds, be it as part of another body.
    std::uint64_t outside() const;
};

// Says that a layer holds a body in memory, for as long as this lives; the body outlives it. Null: nothing.
class InLayer {
  public:
    explicit InLayer(const Body* body) : body_(body) {
        if (!body_) return;
        for (const Piece& piece : body_->pieces) piece.enter_layer();
    }
    ~InLayer() {
        if (!body_) return;
        for (const Piece& piece : body_->pieces) piece.leave_layer();
    }
    InLayer(InLayer&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    InLayer& operator=(InLayer&& other) noexcept {
        std::swap(body_, other.body_);
        return *this;
    }

    const Body* body() const { return body_; }

  private:
    const Body* body_;
};

// Where the bytes of a body lie that is not in memory. Any thread.
class BodySource {
  public:
    virtual ~BodySource() = default;
    // At most `size` bytes from `offset` on; fewer only where the body ends. Returns at once; `done` runs exactly once,
    // as storage/layer.h says of answers. No pieces: the body is gone from its layer meanwhile, or damaged, and what
    // was read of it before must be cut.
    virtual void read(std::uint64_t offset, std::size_t size,
                      std::function<void(std::vector<Body::Piece>)> done) const = 0;
    // How long a reader waits for it; then the body is as good as gone, and a late answer is dropped.
    virtual std::chrono::milliseconds patience() const = 0;
};

// A request field that selected this variant (RFC 9111 section 4.1): its normalised value, or nullopt if it was absent.
struct VaryField {
    std::string name;  // lower case
    std::optional<std::string> value;
    bool operator==(const VaryField&) const = default;
};

// How long it may be used, decided once when it is stored or refreshed (policy/freshness.h).
struct Lifetime {
    UnixTime response_time = 0;          // when the response (or the 304) came in
    Seconds initial_age = 0;             // corrected_initial_age, RFC 9111 section 4.2.3
    Seconds freshness = 0;               // freshness_lifetime, section 4.2.1; 0: always validate
    Seconds stale_while_revalidate = 0;  // RFC 5861; 0: not allowed
    Seconds stale_if_error = 0;
    Seconds keep = 0;              // past freshness, when it has a validator
    bool must_revalidate = false;  // never served stale: must-revalidate, proxy-revalidate, s-maxage, no-cache
    bool invalidated = false;      // softly: stale whatever the times say

    Seconds age(UnixTime now) const { return initial_age + (now > response_time ? now - response_time : 0); }
    bool fresh(UnixTime now) const { return !invalidated && freshness > age(now); }
    // The first second in which it is no longer fresh, if nothing invalidates it before.
    UnixTime fresh_until() const { return response_time + freshness - initial_age; }
    bool operator==(const Lifetime&) const = default;
};

// Where the bytes lie that a partial response (206) brought: from `first` on, of `complete` bytes if that is known.
struct Part {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> complete;
    bool operator==(const Part&) const = default;
};

// How often an object was chosen for a request; up to 65,535, a few may be missed. Any thread; a copy has the same.
class UseCount {
  public:
    UseCount() = default;
    UseCount(const UseCount& other) : count_(other.value()) {}
    UseCount& operator=(const UseCount& other) {
        count_.store(other.value(), std::memory_order_relaxed);
        return *this;
    }
    std::uint16_t value() const { return count_.load(std::memory_order_relaxed); }
    void add(std::uint16_t more = 1) const {
        const unsigned sum = value() + more;
        const unsigned max = 0xFFFF;
        if (value() < max) count_.store(static_cast<std::uint16_t>(sum < max ? sum : max), std::memory_order_relaxed);
    }

  private:
    mutable std::atomic<std::uint16_t> count_{0};
};

struct Object {
    // End-to-end fields as they are sent, "Name: value\r\n"..., without Age, Content-Length and what is
    // hop-by-hop. The status line is made from `status`.
    std::string fields;
    std::uint32_t hidden = 0;  // bytes at the end of `fields` that are kept, for a later 304, and not sent
    std::shared_ptr<const Body> body;
    int status = 200;
    std::optional<Part> part;  // `body` is not the whole; such an object lives in layers that answer at once only

    Lifetime lifetime;
    UnixTime date = 0;  // the response's Date, or response_time
    UnixTime stored_at = 0;

    std::string etag;  // as sent, with quotes and W/; empty: none
    std::optional<UnixTime> last_modified;
    std::vector<VaryField> vary;

    std::vector<std::string> tags;
    std::uint32_t strategy = 0;  // index into the running configuration's strategies
    std::string strategy_name;
    std::string resource_type;
    std::string resource_id;

    // Whose requests it may answer beside those that name no user (policy/credentials.h).
    bool for_authorized = false;  // with Authorization and its like
    bool for_cookies = false;     // with cookies that are neither ignored nor keyed

    std::uint64_t ticket = 0;  // the invalidation sequence at the start of the fetch that brought it
    // Of the strategy's rules that it was stored under (policy/rules.h): when they have changed it is validated before
    // its next use.
    std::uint64_t rules_fingerprint = 0;
    UseCount uses;  // in this process: of the variants of a key that has too many, the one used least goes

    std::string_view sent_fields() const { return std::string_view(fields).substr(0, fields.size() - hidden); }
    std::string_view hidden_fields() const { return std::string_view(fields).substr(fields.size() - hidden); }
    bool has_validator() const { return !etag.empty() || last_modified.has_value(); }
    // The first second in which it is of no use: neither fresh, nor within a period in which it may be served stale,
    // nor kept for revalidation. A layer may drop it then.
    UnixTime useful_until() const;
    // Bytes that it occupies, bookkeeping and the whole body included; a shared body counts with each object. Made from
    // what the containers hold and what glibc's malloc adds to a block (storage/charge.h).
    std::size_t charge() const;
};

using ObjectPtr = std::shared_ptr<const Object>;

// All stored responses of a key, the most recent first. Immutable; a change makes a new set.
struct VariantSet {
    std::vector<ObjectPtr> variants;
};

using VariantSetPtr = std::shared_ptr<const VariantSet>;

}  // namespace larder::storage
