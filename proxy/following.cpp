#include "proxy/following.h"

#include "policy/conditional.h"
#include "policy/part.h"
#include "policy/range.h"
#include "policy/reuse.h"
#include "policy/vary.h"
#include "proxy/hit.h"
#include "proxy/run_exchange.h"
#include "proxy/stored_answer.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

constexpr std::size_t at_once = 512 * config::KiB;
constexpr std::size_t at_once_when_tight = 64 * config::KiB;

// What of the body the client is to get, and how much of it must have come before that can be told.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = ~std::uint64_t{0};
    bool whole = true;
    std::uint64_t needs = 0;

    bool needs_all() const { return needs == ~std::uint64_t{0}; }
};

// One range can be taken from the body as it arrives, if its length is known; if it is not, once the last byte of the
// range is there. Several, and what is counted from the end, when all of it is.
Extent extent_for(const Exchange& exchange, const storage::Object& object, std::optional<std::uint64_t> length,
                  storage::UnixTime now) {
    constexpr std::uint64_t boundless = std::uint64_t{1} << 62;
    Extent extent;
    if (!exchange.range || object.status != 200 || !policy::if_range_holds(*exchange.fields, object, now))
        return extent;
    const auto selection = policy::select_ranges(exchange.method, *exchange.fields, length.value_or(boundless));
    if (selection.outcome == policy::RangeOutcome::whole) return extent;
    const bool one = selection.ranges.size() == 1;
    const bool bounded = one && (length || selection.ranges.front().last + 1 < boundless);
    extent.whole = false;
    if (!bounded) {
        extent.needs = ~std::uint64_t{0};
        return extent;
    }
    extent.begin = selection.ranges.front().first;
    extent.end = selection.ranges.front().last + 1;
    if (!length) extent.needs = extent.end;
    return extent;
}

// Takes the bytes of an extent out of a body that comes in pieces.
class Window {
  public:
    explicit Window(const Extent& extent) : extent_(extent) {}

    // What of the next piece is in it.
    std::string_view take(const storage::Body::Piece& piece) {
        const std::uint64_t begin = std::max(at_, extent_.begin);
        const std::uint64_t end = std::min(at_ + piece.size, extent_.end);
        const std::uint64_t from = std::exchange(at_, at_ + piece.size);
        if (begin >= end) return {};
        return {piece.data.get() + (begin - from), static_cast<std::size_t>(end - begin)};
    }
    bool passed() const { return at_ >= extent_.end; }

  private:
    const Extent extent_;
    std::uint64_t at_ = 0;
};

// Until so much of the body is there, or all of it; false: it will not be, or not in time. The follower takes nothing
// meanwhile.
Task<bool> wait_for(Worker& worker, const Exchange& exchange, Fill::Follower& follower, std::uint64_t bytes) {
    Deadline deadline([&follower] { follower.wakeup().notify(); });
    worker.deadlines().add(deadline);
    deadline.after(exchange.running->config.limits.follow_timeout);
    for (;;) {
        const auto progress = follower.fill().progress();
        if (progress.state == Fill::State::complete) co_return true;
        if (progress.state != Fill::State::streaming || !progress.kept) co_return false;
        if (progress.produced >= bytes) co_return true;
        if (deadline.expired()) co_return false;
        co_await follower.wakeup().wait();
    }
}

// A response to a request that was sent after this one came in is as good as an answer of its own (RFC 9111 section 4:
// it was validated for it). Any other has to be reusable as one that is stored.
bool usable(const Exchange& exchange, const Fill::Progress& progress) {
    if (!may_have(exchange, *progress.object)) return false;
    if (exchange.started < progress.asked) return true;
    const auto reuse = decision_for(*progress.object, exchange).reuse;
    return reuse == policy::Reuse::fresh || reuse == policy::Reuse::stale_accepted;
}

// For a request without directives of its own.
bool reusable(const Exchange& exchange, const storage::Object& object) {
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    return object.rules_fingerprint == exchange.strategy->rules.fingerprint &&
           policy::decide(object, {}, mode, exchange.now).reuse == policy::Reuse::fresh;
}

}  // namespace

Task<Sent> stream_fill(Worker& worker, Exchange& exchange, Downstream& client, Fill::Follower& follower) {
    auto progress = follower.fill().progress();
    const storage::ObjectPtr object = progress.object;
    const auto now = worker.shared().clock.unix_time();
    Pin pin;
    pin.fill = &follower.fill();
    Pinned pinned(client, pin);
    note_ttl(exchange, object->lifetime, now);
    note_detail(exchange);
    const bool not_modified =
        policy::evaluate(exchange.method, *exchange.fields, *object, now) == policy::Precondition::not_modified;
    // A response that was revalidated, or stored meanwhile, has come whole, without a stream. A part that came from the
    // origin is sent on as it was sent here.
    const bool whole = progress.state == Fill::State::complete && object->body && !object->part;
    const bool from_layer = progress.state == Fill::State::complete && object->body && progress.produced == 0;
    if (not_modified || whole || from_layer) co_return co_await send_stored(worker, client, exchange, *object, now);
    const Extent extent = extent_for(exchange, *object, progress.length, now);
    if (extent.needs > 0) {
        const bool there = co_await wait_for(worker, exchange, follower, extent.needs);
        if (!there) co_return Sent::nothing;
        progress = follower.fill().progress();
        if (progress.state == Fill::State::complete && progress.object->body) {
            co_return co_await send_stored(worker, client, exchange, *progress.object, now);
        }
        if (extent.needs_all()) co_return Sent::nothing;
    }

    std::string fields;
    if (extent.whole) {
        fields = object->sent_fields();
    } else {
        policy::append_partial_fields(fields, object->sent_fields(), {extent.begin, extent.end - 1}, progress.length);
    }
    fields += "Age: " + std::to_string(object->lifetime.age(now)) + "\r\nCache-Status: ";
    policy::append(fields, exchange.cache);
    fields += "\r\n";
    Downstream::Head head;
    head.status = extent.whole ? object->status : 206;
    head.fields = fields;
    head.length = extent.whole ? progress.length : std::optional(extent.end - extent.begin);
    head.bodiless = object->status == 204;
    if (head.bodiless) head.length.reset();
    if (exchange.head) {
        head.bodiless = true;
        const bool sent = co_await client.begin(head, nullptr, 0, true);
        co_return sent ? Sent::all : Sent::cut;
    }
    Window window(extent);
    for (bool begun = false;;) {
        const auto next = follower.next(worker.shared().account.tight() ? at_once_when_tight : at_once);
        if (next.cut) {
            if (!begun) co_return Sent::nothing;
            if (follower.fill().progress().state != Fill::State::broken) {
                worker.metrics().limit(Limit::followers_cut);
            }
            co_return Sent::cut;
        }
        pin.bytes = 0;
        if (!next.kept) {
            for (const auto& piece : next.pieces) pin.bytes += piece.charge();
        }
        pinned.change(pin);
        if (next.pieces.empty() && !next.end && begun) {
            co_await follower.wakeup().wait();
            continue;
        }
        std::array<std::string_view, 16> pieces;
        std::size_t count = 0;
        for (const auto& piece : next.pieces) {
            if (const std::string_view bytes = window.take(piece); !bytes.empty()) pieces[count++] = bytes;
        }
        const bool last = next.end || window.passed();
        bool sent = true;
        if (!begun) {
            sent = co_await client.begin(head, pieces.data(), count, last);
        } else if (count > 0 || last) {
            sent = co_await client.send(pieces.data(), count, last);
        }
        begun = true;
        if (!sent) co_return Sent::cut;
        if (last) co_return Sent::all;
    }
}

Task<FollowOutcome> follow(Worker& worker, Exchange& exchange, Downstream& client, std::shared_ptr<Fill> fill) {
    FollowOutcome outcome;
    Shared& shared = worker.shared();
    const auto& limits = exchange.running->config.limits;
    Fill::Follower follower(fill, worker.executor(), limits.followers);
    if (!follower.joined()) {
        worker.metrics().limit(Limit::followers);
        co_return outcome;
    }
    worker.metrics().followers.add();
    auto progress = fill->progress();
    if (progress.state == Fill::State::awaiting_head) {
        Deadline deadline([&follower] { follower.wakeup().notify(); });
        worker.deadlines().add(deadline);
        deadline.after(limits.follow_timeout);
        while (progress.state == Fill::State::awaiting_head && !deadline.expired()) {
            co_await follower.wakeup().wait();
            progress = fill->progress();
        }
    }
    exchange.now = shared.clock.unix_time();  // it may have waited for long
    outcome.followed = Followed::failed;
    switch (progress.state) {
        case Fill::State::awaiting_head:
            outcome.problem = Problem::of(UpstreamError::first_byte_timeout);
            co_return outcome;
        case Fill::State::failed:
            outcome.problem = progress.problem;
            co_return outcome;
        case Fill::State::broken:
            outcome.problem = Problem::of(UpstreamError::incomplete);
            co_return outcome;
        default:
            break;
    }
    outcome.followed = Followed::alone;
    if (progress.state == Fill::State::unshared) co_return outcome;
    // Ours only if its Vary selects us, and if nothing has invalidated it since its fetch began.
    const storage::Object& object = *progress.object;
    if (progress.overtaken || !policy::vary_matches(object.vary, *exchange.fields) ||
        !shared.tickets.permits(exchange.key, object, object.ticket)) {
        co_return outcome;
    }
    if (!usable(exchange, progress)) {
        if (!reusable(exchange, object)) outcome.followed = Followed::again;
        co_return outcome;
    }
    // What a layer had for the leader need not be what is asked for here.
    const bool from_layer = progress.state == Fill::State::complete && progress.produced == 0;
    if (from_layer && object.part && !policy::range_within(object, exchange.method, *exchange.fields, exchange.now)) {
        co_return outcome;
    }
    exchange.result = Result::miss;
    exchange.cache.collapsed = true;
    exchange.cache.forward_status = object.status;
    const Sent sent = co_await stream_fill(worker, exchange, client, follower);
    const bool broken = fill->progress().state == Fill::State::broken;
    if (sent == Sent::nothing) {
        outcome.followed = broken ? Followed::failed : exchange.range ? Followed::ranged : Followed::alone;
        if (broken) outcome.problem = Problem::of(UpstreamError::incomplete);
        co_return outcome;
    }
    outcome.followed = Followed::answered;
    if (sent == Sent::cut) {
        exchange.result = Result::error;
        client.cut();
    }
    co_return outcome;
}

}  // namespace larder::proxy
