#include "proxy/handover.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace larder::proxy {
namespace {

using Local = asio::local::stream_protocol;
using LocalAcceptor = asio::basic_socket_acceptor<Local, Executor>;

constexpr std::size_t descriptors_at_once = 64;
constexpr std::size_t most_descriptors = 4096;
constexpr char take_over_byte = 'T', join_byte = 'J', prepared_byte = 'S';
constexpr std::chrono::seconds handover_time{60};  // for one who takes over to prepare itself

// A Unix socket's path has 107 bytes at most; that of data_dir may be longer.
class SocketPath {
  public:
    explicit SocketPath(const std::string& data_dir)
        : directory_(::open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    ~SocketPath() {
        if (directory_ >= 0) ::close(directory_);
    }
    SocketPath(const SocketPath&) = delete;
    SocketPath& operator=(const SocketPath&) = delete;
    std::string text() const { return "/proc/self/fd/" + std::to_string(directory_) + "/handover"; }

  private:
    int directory_;
};

// 0: nothing has that name.
ino_t inode_of(const std::string& name) {
    struct stat status {};
    return ::stat(name.c_str(), &status) == 0 ? status.st_ino : 0;
}

bool may_ask(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == ::geteuid() || peer.uid == 0;
}

bool send_descriptors(int connection, const int* descriptors, std::size_t count) {
    char byte = 'S';
    iovec data{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(descriptors_at_once * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    return ::sendmsg(connection, &message, MSG_NOSIGNAL) == 1;
}

// Adds what one message brought.
bool receive_descriptors(int connection, std::vector<ListeningSocket>& sockets) {
    char byte = 0;
    iovec data{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(descriptors_at_once * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != 1) return false;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
            sockets.emplace_back(descriptor);
        }
    }
    return true;
}

}  // namespace

struct Successor::State {
    State(asio::io_context& context, std::string directory, Loops& l, Relay& r, std::function<std::vector<int>()> d)
        : acceptor(context.get_executor()),
          data_dir(std::move(directory)),
          loops(l),
          relay(r),
          descriptors(std::move(d)) {}

    Executor control() { return acceptor.get_executor(); }

    LocalAcceptor acceptor;
    const std::string data_dir;
    Loops& loops;
    Relay& relay;
    std::function<std::vector<int>()> descriptors;
    bool over = false;
    bool busy = false;  // somebody takes over
    ino_t inode = 0;    // of the socket's name

    static Task<void> accept_loop(std::shared_ptr<State> self);
    static Task<void> answer(std::shared_ptr<State> self, LocalSocket connection);
    Task<void> hand_over(std::shared_ptr<State> self, LocalSocket& connection);
};

Task<void> Successor::State::accept_loop(std::shared_ptr<State> self) {
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> rest(self->control());
    while (self->acceptor.is_open()) {
        auto [error, connection] = co_await self->acceptor.async_accept(no_throw);
        if (!self->acceptor.is_open()) co_return;
        if (error) {
            // Out of descriptors: a moment's rest instead of a spin.
            rest.expires_after(std::chrono::milliseconds(100));
            co_await rest.async_wait(no_throw);
            continue;
        }
        if (!may_ask(connection.native_handle())) continue;
        self->loops.run(self->control(), Errand::handover, answer(self, std::move(connection)));
    }
}

Task<void> Successor::State::answer(std::shared_ptr<State> self, LocalSocket connection) {
    char wanted = 0;
    const auto [error, got] = co_await connection.async_read_some(asio::buffer(&wanted, 1), no_throw);
    if (error || self->over) co_return;
    if (wanted == join_byte) self->relay.join(std::move(connection), Relay::Peer::older, Relay::Side::accepted);
    if (wanted != take_over_byte) co_return;
    if (self->busy) {
        constexpr std::string_view busy_line = "busy\n";
        co_await asio::async_write(connection, asio::buffer(busy_line), no_throw);
        co_return;
    }
    self->busy = true;
    struct Over {
        const std::shared_ptr<State> state;
        ~Over() { state->busy = false; }
    };
    // Whoever has joined is the one who takes over until it is gone.
    auto until_gone = std::make_shared<Over>(self);
    co_await self->hand_over(self, connection);
    if (!connection.is_open() || self->over) co_return;
    self->relay.join(std::move(connection), Relay::Peer::newer, Relay::Side::accepted,
                     [until_gone]() mutable { until_gone.reset(); });
}

// Closes the connection unless the other side is prepared.
Task<void> Successor::State::hand_over(std::shared_ptr<State> self, LocalSocket& connection) {
    error_code ignored;
    const std::vector<int> all = self->descriptors();
    const std::string line = "larder 2 " + std::to_string(::getpid()) + " " + std::to_string(all.size()) + "\n";
    const auto [failed, n] = co_await asio::async_write(connection, asio::buffer(line), no_throw);
    bool sent_all = !failed;
    // A few bytes into a socket that is empty otherwise: this does not block.
    for (std::size_t sent = 0; sent_all && sent < all.size(); sent += descriptors_at_once) {
        const std::size_t count = std::min(descriptors_at_once, all.size() - sent);
        sent_all = send_descriptors(connection.native_handle(), all.data() + sent, count);
    }
    if (!sent_all) {
        connection.close(ignored);
        co_return;
    }
    // One that hangs must not keep others from taking over. Shutting it down ends the read below; its descriptor is a
    // duplicate, which the handler owns, so that it may run late.
    struct Limit {
        explicit Limit(int descriptor) : copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {}
        ~Limit() {
            if (copy >= 0) ::close(copy);
        }
        int copy;
        bool met = false;
    };
    const auto limit = std::make_shared<Limit>(connection.native_handle());
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> timer(self->control(), handover_time);
    timer.async_wait([limit](error_code error) {
        if (!error && !limit->met) ::shutdown(limit->copy, SHUT_RDWR);
    });
    char reply = 0;
    const auto [error, got] = co_await connection.async_read_some(asio::buffer(&reply, 1), no_throw);
    limit->met = true;
    if (error || reply != prepared_byte) connection.close(ignored);
}

Successor::Successor(asio::io_context& control, const std::string& data_dir, Loops& loops, Events& events, Relay& relay,
                     std::function<std::vector<int>()> descriptors)
    : state_(std::make_shared<State>(control, data_dir, loops, relay, std::move(descriptors))) {
    const SocketPath path(data_dir);
    const std::string name = path.text();
    error_code error;
    // That of a process that has ended or is being taken over from: from now on this one is to be asked.
    ::unlink(name.c_str());
    state_->acceptor.open(Local(), error);
    if (!error) state_->acceptor.bind(Local::endpoint(name), error);
    if (!error && ::chmod(name.c_str(), 0600) != 0) error.assign(errno, boost::system::system_category());
    if (!error) state_->acceptor.listen(4, error);
    if (error) {
        const std::string message = error.message();
        state_->acceptor.close(error);
        events.emit("handover_unavailable", {{"data_dir", data_dir}, {"error", message}});
        return;
    }
    state_->inode = inode_of(name);
    loops.keep(control.get_executor(), Loop::handover_accept, [state = state_] { return State::accept_loop(state); });
}

void Successor::withdraw() {
    // Unless it is another process's meanwhile.
    const SocketPath path(state_->data_dir);
    if (inode_of(path.text()) == state_->inode) ::unlink(path.text().c_str());
}

Successor::~Successor() {
    error_code ignored;
    state_->over = true;
    state_->acceptor.close(ignored);
}

std::runtime_error Predecessor::fault(const std::string& what) {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
    return std::runtime_error("data_dir " + data_dir_ + " is in use by another process, which " + what +
                              "; stop it, or name another directory (data_dir, --data-dir)");
}

Predecessor::Predecessor(const std::string& data_dir) : data_dir_(data_dir) {
    const SocketPath path(data_dir);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.text().copy(address.sun_path, sizeof address.sun_path - 1);
    connection_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{5, 0};
    ::setsockopt(connection_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(connection_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(connection_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw fault("cannot be asked for its listening sockets (" + std::string(std::strerror(errno)) + ")");
    }
    [[maybe_unused]] const auto asked = ::send(connection_, &take_over_byte, 1, MSG_NOSIGNAL);
    std::string line;
    char byte = 0;
    while (line.size() < 64 && ::recv(connection_, &byte, 1, 0) == 1 && byte != '\n') line += byte;
    if (line == "busy") throw fault("is being taken over from by a third one");
    unsigned long count = 0;
    if (byte != '\n' || std::sscanf(line.c_str(), "larder 2 %d %lu", &pid_, &count) != 2 || count > most_descriptors) {
        throw fault("does not hand over as this version does");
    }
    std::vector<ListeningSocket> sockets;
    while (sockets.size() < count) {
        if (!receive_descriptors(connection_, sockets)) throw fault("broke off while handing over");
    }
    sockets_ = Inherited(std::move(sockets));
}

Predecessor::~Predecessor() {
    if (connection_ >= 0) ::close(connection_);
}

LocalSocket Predecessor::join(Executor control) {
    char joined[relay_frame_head] = {};
    const bool sent = ::send(connection_, &prepared_byte, 1, MSG_NOSIGNAL) == 1;
    if (!sent || ::recv(connection_, joined, sizeof joined, MSG_WAITALL) != sizeof joined ||
        joined[0] != relay_joined) {
        throw fault("broke off while handing over");
    }
    LocalSocket socket(control);
    socket.assign(Local(), std::exchange(connection_, -1));
    return socket;
}

Task<LocalSocket> find_newest(Executor control, std::string data_dir) {
    LocalSocket connection(control);
    {
        const SocketPath path(data_dir);
        const Local::endpoint endpoint(path.text());
        const auto [error] = co_await connection.async_connect(endpoint, no_throw);
        error_code ignored;
        if (error) connection.close(ignored);
    }
    if (!connection.is_open()) co_return connection;
    const auto [failed, n] = co_await asio::async_write(connection, asio::buffer(&join_byte, 1), no_throw);
    char joined[relay_frame_head] = {};
    error_code broken = failed;
    if (!failed) {
        const auto [error, m] = co_await asio::async_read(connection, asio::buffer(joined), no_throw);
        broken = error;
    }
    error_code ignored;
    if (broken || joined[0] != relay_joined) connection.close(ignored);
    co_return connection;
}

}  // namespace larder::proxy
