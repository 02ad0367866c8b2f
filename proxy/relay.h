// Invalidations between the processes of one data_dir that serve at the same time: the one that took over, and those
// before it that still drain (handover.h). Without this, a write that ends in the old one would invalidate nothing in
// the new one, and a purge that reaches the new one nothing in the old one.
//
// A process that has applied an invalidation tells it to every process that it is joined with, and answers its own
// client only when each of them has applied it too, or is gone. What is told is an order: the JSON object of POST
// /v1/invalidations, since keys depend on a process's own configuration. A process that does not understand an order
// drops all that it holds.
//
// On the connection go frames in both directions: kind (1 byte), number (8), length (4, both in the machine's order),
// and as many bytes: `S` joined, `I` an order, `A` applied, with the order's number, `R` the sender serves.
//
// Order of things, so that no moment is uncovered: the new process is joined before it serves its first request; the
// old one applies an invalidation itself first, then tells it; each passes on what it is told to all others that it is
// joined with, so that a third one hears of the first through the second. When the middle one ends, the first joins
// with whoever owns the handover socket then, and what was not yet applied is told there again.
//
// Failures. The newer process does not answer: the older one's clients wait, until one of the two ends. The older one
// does not answer for `patience`: it is dropped, and as it finds that out it flushes what it holds and joins anew. The
// newer one is gone and nobody took its place: what the older one invalidates from then on is marked in data_dir, so
// that the next start does not trust what lies on disk there (DataDir::distrust_layers).
#pragma once

#include <atomic>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/loops.h"
#include "proxy/task.h"

namespace larder::proxy {

using LocalSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

// The length of `S` as one that reads it without an event loop has to know it.
inline constexpr std::size_t relay_frame_head = 13;
inline constexpr char relay_joined = 'S';

class Relay {
  public:
    static constexpr std::chrono::milliseconds patience{2000};

    struct Hooks {
        // Applies an order here, and nowhere else.
        std::function<Task<void>(std::string order)> apply;
        // A newer process serves: this one is to drain.
        std::function<void()> taken_over;
        // A connection to the process that serves now, behind its `S`; not open: there is none. Null: it is not looked
        // for.
        std::function<Task<LocalSocket>()> find_newest;
        // An invalidation was applied here that no newer process has heard of, though there was one. Any thread.
        std::function<void()> unheard;
    };
    // All of it on the thread of `control`, but for tell().
    Relay(Executor control, Loops& loops, Hooks hooks);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Any thread; `executor` is that of the coroutine that waits. Returns when every process that this one is joined
    // with has applied it, or is gone. Without one it costs a load.
    Task<void> tell(Executor executor, std::string order);

    enum class Peer { older, newer };
    enum class Side { accepted, connected };  // who accepted the connection sends `S`
    // From now on all orders go there, and from there. `left`, if any: it is gone.
    void join(LocalSocket connection, Peer peer, Side side, std::function<void()> left = {});
    // To all older ones: this process serves.
    void serving();
    // Now and then, for `patience`.
    void tend(Steady::time_point now);
    // Joined with nobody any more; who waits in tell() goes on.
    void close();
    std::size_t joined() const { return links_.size(); }

  private:
    struct Telling;
    struct Link;
    using LinkPtr = std::shared_ptr<Link>;
    enum class State { open, looking, alone, closed };

    static Task<void> read(Relay& relay, LinkPtr link);
    static Task<void> write(LinkPtr link);
    static Task<void> look_for_newest(Relay& relay);
    Task<void> obey(LinkPtr link, std::uint64_t number, std::string order);
    void send(const LinkPtr& link, char kind, std::uint64_t number, std::string_view bytes);
    void give(const std::shared_ptr<Telling>& telling, const Link* but);
    void give_to(const LinkPtr& link, const std::shared_ptr<Telling>& telling);
    void done(const std::shared_ptr<Telling>& telling);
    void leave(const LinkPtr& link);
    void set_engaged() { engaged_.store(!links_.empty() || state_ != State::open); }

    const Executor control_;
    Loops& loops_;
    const Hooks hooks_;
    std::vector<LinkPtr> links_;
    std::vector<std::shared_ptr<Telling>> waiting_;  // while the newest process is looked for
    State state_ = State::open;
    bool taken_over_ = false;
    std::atomic<bool> engaged_{false};
};

}  // namespace larder::proxy
