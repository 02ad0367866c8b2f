#include "proxy/following.h"

#include "policy/conditional.h"
#include "policy/range.h"
#include "policy/vary.h"
#include "proxy/run_exchange.h"
#include "proxy/stored_answer.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

constexpr std::size_t at_once = 512 * config::KiB;

// What of the body the client is to get. One range can be taken from it as it arrives, if its length is known; several,
// and the end of a body whose length is not, when all of it is there.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = ~std::uint64_t{0};
    bool whole = true;
    bool later = false;
};
Extent extent_for(const Exchange& exchange, const storage::Object& object, std::optional<std::uint64_t> length,
                  storage::UnixTime now) {
    Extent extent;
    if (!exchange.range || object.status != 200 || !policy::if_range_holds(*exchange.fields, object, now))
        return extent;
    if (length) {
        const auto selection = policy::select_ranges(exchange.method, *exchange.fields, *length);
        if (selection.outcome == policy::RangeOutcome::whole) return extent;
        if (selection.ranges.size() == 1) {
            extent.begin = selection.ranges.front().first;
            extent.end = selection.ranges.front().last + 1;
            extent.whole = false;
            return extent;
        }
    }
    extent.later = true;
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

Task<bool> wait_for_whole(Fill::Follower& follower) {
    for (;;) {
        const auto next = follower.next(at_once);
        if (next.end) co_return true;
        if (next.cut) co_return false;
        if (next.pieces.empty()) co_await follower.wakeup().wait();
    }
}

}  // namespace

Task<Sent> stream_fill(Worker& worker, Exchange& exchange, Downstream& client, Fill::Follower& follower) {
    auto progress = follower.fill().progress();
    const storage::ObjectPtr object = progress.object;
    const auto now = worker.shared().clock.unix_time();
    note_ttl(exchange, object->lifetime, now);
    note_detail(exchange);
    const bool not_modified =
        policy::evaluate(exchange.method, *exchange.fields, *object, now) == policy::Precondition::not_modified;
    // A revalidated response has come whole, without a stream. A part is sent on as it was sent here.
    const bool whole = progress.state == Fill::State::complete && object->body && !object->part;
    if (not_modified || whole) co_return co_await send_stored(client, exchange, *object, now);
    const Extent extent = extent_for(exchange, *object, progress.length, now);
    if (extent.later) {
        if (!co_await wait_for_whole(follower)) {
            Problem problem = Problem::of(UpstreamError::incomplete);
            exchange.result = Result::error;
            co_await send_problem(client, exchange, problem);
            co_return Sent::all;
        }
        progress = follower.fill().progress();
        if (progress.object->body) co_return co_await send_stored(client, exchange, *progress.object, now);
        co_return Sent::cut;
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
        const auto next = follower.next(at_once);
        if (next.cut) {
            if (follower.fill().progress().state != Fill::State::broken) {
                worker.metrics().limit(Limit::followers_cut);
            }
            co_return Sent::cut;
        }
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
    switch (progress.state) {
        case Fill::State::awaiting_head:
            outcome.followed = Followed::failed;
            outcome.problem = Problem::of(UpstreamError::first_byte_timeout);
            co_return outcome;
        case Fill::State::failed:
            outcome.followed = Followed::failed;
            outcome.problem = progress.problem;
            co_return outcome;
        case Fill::State::unshared:
            co_return outcome;
        case Fill::State::broken:  // before this one got anything of it: better luck alone
            co_return outcome;
        default:
            break;
    }
    // Ours only if its Vary selects us, and if nothing has invalidated it since its fetch began.
    if (progress.overtaken || !policy::vary_matches(progress.object->vary, *exchange.fields) ||
        !shared.tickets.permits(exchange.key, *progress.object, progress.object->ticket)) {
        co_return outcome;
    }
    exchange.result = Result::miss;
    exchange.cache.collapsed = true;
    exchange.cache.forward_status = progress.object->status;
    const Sent sent = co_await stream_fill(worker, exchange, client, follower);
    if (sent == Sent::nothing) co_return outcome;
    outcome.followed = Followed::answered;
    if (sent == Sent::cut) {
        exchange.result = Result::error;
        client.cut();
    }
    co_return outcome;
}

}  // namespace larder::proxy
