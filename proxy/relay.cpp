#include "proxy/relay.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <deque>
#include <map>

#include "proxy/wakeup.h"

namespace larder::proxy {
namespace {

using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

constexpr char order_frame = 'I', applied_frame = 'A', serving_frame = 'R';
constexpr std::size_t longest_order = 1024 * 1024;
constexpr const char* everything = R"({"invalidation_type":"MANUAL_FLUSH"})";

struct FrameHead {
    char kind = 0;
    std::uint64_t number = 0;
    std::uint32_t length = 0;

    std::string text() const {
        std::string bytes(relay_frame_head, kind);
        std::memcpy(bytes.data() + 1, &number, sizeof number);
        std::memcpy(bytes.data() + 1 + sizeof number, &length, sizeof length);
        return bytes;
    }
    static FrameHead of(const char* bytes) {
        FrameHead head;
        head.kind = bytes[0];
        std::memcpy(&head.number, bytes + 1, sizeof head.number);
        std::memcpy(&head.length, bytes + 1 + sizeof head.number, sizeof head.length);
        return head;
    }
};

}  // namespace

// One invalidation on its way to others, and who waits for it. `left` is the control thread's.
struct Relay::Telling {
    Telling(Executor executor, std::string text) : wakeup(std::move(executor)), order(std::move(text)) {}
    Wakeup wakeup;
    const std::string order;
    std::size_t left = 1;
};

// A connection to another process.
struct Relay::Link {
    Link(LocalSocket connection, Peer which, std::function<void()> then)
        : socket(std::move(connection)), peer(which), left(std::move(then)), more(socket.get_executor()) {}

    struct Unanswered {
        std::shared_ptr<Telling> telling;
        Steady::time_point since;
    };
    LocalSocket socket;
    const Peer peer;
    std::function<void()> left;
    std::uint64_t last_number = 0;
    std::map<std::uint64_t, Unanswered> unanswered;
    std::deque<std::string> out;
    Wakeup more;  // something to write, or the end
    bool gone = false;
};

Relay::Relay(Executor control, Loops& loops, Hooks hooks)
    : control_(std::move(control)), loops_(loops), hooks_(std::move(hooks)) {}

Relay::~Relay() {
    close();
}

Task<void> Relay::tell(Executor executor, std::string order) {
    if (!engaged_.load()) co_return;
    if (order.empty() || order.size() > longest_order) order = everything;
    const auto telling = std::make_shared<Telling>(executor, std::move(order));
    asio::post(control_, [this, telling] {
        give(telling, nullptr);
        done(telling);
    });
    co_await telling->wakeup.wait();
}

void Relay::give(const std::shared_ptr<Telling>& telling, const Link* but) {
    for (const LinkPtr& link : links_) {
        if (link.get() != but) give_to(link, telling);
    }
    if (state_ == State::looking) {
        ++telling->left;
        waiting_.push_back(telling);
    } else if (state_ == State::alone) {
        hooks_.unheard();
    }
}

void Relay::give_to(const LinkPtr& link, const std::shared_ptr<Telling>& telling) {
    ++telling->left;
    const std::uint64_t number = ++link->last_number;
    link->unanswered.emplace(number, Link::Unanswered{telling, Steady::now()});
    send(link, order_frame, number, telling->order);
}

void Relay::done(const std::shared_ptr<Telling>& telling) {
    if (--telling->left == 0) telling->wakeup.notify();
}

void Relay::send(const LinkPtr& link, char kind, std::uint64_t number, std::string_view bytes) {
    if (link->gone) return;
    const FrameHead head{kind, number, static_cast<std::uint32_t>(bytes.size())};
    link->out.push_back(head.text().append(bytes));
    link->more.notify();
}

void Relay::join(LocalSocket connection, Peer peer, Side side, std::function<void()> left) {
    if (state_ == State::closed) return;
    const auto link = std::make_shared<Link>(std::move(connection), peer, std::move(left));
    links_.push_back(link);
    set_engaged();
    loops_.run(control_, Errand::relay, write(link));
    loops_.run(control_, Errand::relay, read(*this, link));
    if (side == Side::accepted) send(link, relay_joined, 0, {});
}

void Relay::serving() {
    for (const LinkPtr& link : links_) {
        if (link->peer == Peer::older) send(link, serving_frame, 0, {});
    }
}

Task<void> Relay::write(LinkPtr link) {
    while (!link->gone) {
        if (link->out.empty()) {
            co_await link->more.wait();
            continue;
        }
        const std::string frame = std::move(link->out.front());
        link->out.pop_front();
        const auto [error, n] = co_await asio::async_write(link->socket, asio::buffer(frame), no_throw);
        if (error) co_return;  // read() finds it closed
    }
}

Task<void> Relay::read(Relay& relay, LinkPtr link) {
    // Whatever ends it, an exception too: nobody waits for this link any more.
    struct Leaving {
        Relay& relay;
        const LinkPtr& link;
        ~Leaving() {
            if (!link->gone) relay.leave(link);
        }
    } const leaving{relay, link};
    char bytes[relay_frame_head];
    std::string order;
    for (;;) {
        const auto [error, n] = co_await asio::async_read(link->socket, asio::buffer(bytes), no_throw);
        if (error) co_return;
        const FrameHead head = FrameHead::of(bytes);
        if (head.length > longest_order) co_return;
        order.resize(head.length);
        if (head.length > 0) {
            const auto [broken, m] = co_await asio::async_read(link->socket, asio::buffer(order), no_throw);
            if (broken) co_return;
        }
        if (head.kind == order_frame) {
            Task<void> obeying = relay.obey(link, head.number, std::move(order));
            co_await std::move(obeying);
            order.clear();
        } else if (head.kind == applied_frame) {
            const auto it = link->unanswered.find(head.number);
            if (it == link->unanswered.end()) co_return;
            const auto telling = std::move(it->second.telling);
            link->unanswered.erase(it);
            relay.done(telling);
        } else if (head.kind == serving_frame && link->peer == Peer::newer) {
            if (!std::exchange(relay.taken_over_, true)) relay.hooks_.taken_over();
        } else if (head.kind != relay_joined) {
            co_return;
        }
    }
}

Task<void> Relay::obey(LinkPtr link, std::uint64_t number, std::string order) {
    co_await hooks_.apply(order);
    const auto telling = std::make_shared<Telling>(control_, std::move(order));
    give(telling, link.get());
    done(telling);
    co_await telling->wakeup.wait();
    send(link, applied_frame, number, {});
}

void Relay::leave(const LinkPtr& link) {
    link->gone = true;
    error_code ignored;
    link->socket.close(ignored);
    link->more.notify();
    std::erase(links_, link);
    auto unanswered = std::exchange(link->unanswered, {});
    const bool lost = link->peer == Peer::newer && taken_over_ && state_ == State::open;
    if (lost) {
        state_ = hooks_.find_newest ? State::looking : State::alone;
        if (state_ == State::alone && !unanswered.empty()) hooks_.unheard();
    }
    for (auto& [number, one] : unanswered) {
        if (lost && state_ == State::looking) {
            waiting_.push_back(std::move(one.telling));
        } else {
            done(one.telling);
        }
    }
    set_engaged();
    if (link->left) link->left();
    if (lost && state_ == State::looking) loops_.keep(control_, Loop::relay, [this] { return look_for_newest(*this); });
}

Task<void> Relay::look_for_newest(Relay& relay) {
    constexpr int attempts = 10;
    Timer rest(relay.control_);
    bool found = false;
    for (int i = 0; i < attempts && !found && relay.state_ == State::looking; ++i) {
        LocalSocket connection = co_await relay.hooks_.find_newest();
        found = connection.is_open() && relay.state_ == State::looking;
        if (found) {
            relay.state_ = State::open;
            relay.join(std::move(connection), Peer::newer, Side::connected);
            break;
        }
        rest.expires_after(std::chrono::milliseconds(100));
        co_await rest.async_wait(no_throw);
    }
    auto waiting = std::exchange(relay.waiting_, {});
    if (!found && relay.state_ == State::looking) {
        relay.state_ = State::alone;
        if (!waiting.empty()) relay.hooks_.unheard();
    }
    for (const auto& telling : waiting) {
        if (found) relay.give_to(relay.links_.back(), telling);
        relay.done(telling);
    }
    relay.set_engaged();
    co_await relay.hooks_.apply(everything);  // what others told between the two connections was not heard
}

void Relay::tend(Steady::time_point now) {
    const auto links = links_;
    for (const LinkPtr& link : links) {
        if (link->peer != Peer::older || link->unanswered.empty()) continue;
        if (now - link->unanswered.begin()->second.since > patience) leave(link);
    }
}

void Relay::close() {
    state_ = State::closed;
    const auto links = links_;
    for (const LinkPtr& link : links) leave(link);
    const auto waiting = std::exchange(waiting_, {});
    for (const auto& telling : waiting) done(telling);
    engaged_.store(false);
}

}  // namespace larder::proxy
