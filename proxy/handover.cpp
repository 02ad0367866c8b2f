#include "proxy/handover.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace larder::proxy {
namespace {

using Local = asio::local::stream_protocol;
using LocalSocket = asio::basic_stream_socket<Local, Executor>;
using LocalAcceptor = asio::basic_socket_acceptor<Local, Executor>;

constexpr std::size_t descriptors_at_once = 64;
constexpr std::size_t most_descriptors = 4096;
constexpr char ready_byte = 'R';

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
    State(asio::io_context& control, std::string directory, std::function<std::vector<int>()> d,
          std::function<void()> t)
        : acceptor(control.get_executor()),
          data_dir(std::move(directory)),
          descriptors(std::move(d)),
          taken_over(std::move(t)) {}

    LocalAcceptor acceptor;
    const std::string data_dir;
    std::function<std::vector<int>()> descriptors;
    std::function<void()> taken_over;
    bool over = false;

    static Task<void> accept_loop(std::shared_ptr<State> self);
    static Task<void> hand_over(std::shared_ptr<State> self, LocalSocket connection);
};

Task<void> Successor::State::accept_loop(std::shared_ptr<State> self) {
    while (self->acceptor.is_open()) {
        auto [error, connection] = co_await self->acceptor.async_accept(no_throw);
        if (error) break;
        if (!may_ask(connection.native_handle())) continue;
        Task<void> handing = hand_over(self, std::move(connection));
        asio::co_spawn(self->acceptor.get_executor(), std::move(handing), asio::detached);
    }
}

Task<void> Successor::State::hand_over(std::shared_ptr<State> self, LocalSocket connection) {
    const std::vector<int> all = self->descriptors();
    const std::string line = "larder 1 " + std::to_string(::getpid()) + " " + std::to_string(all.size()) + "\n";
    const auto [failed, n] = co_await asio::async_write(connection, asio::buffer(line), no_throw);
    if (failed) co_return;
    // A few bytes into a socket that is empty otherwise: this does not block.
    for (std::size_t sent = 0; sent < all.size(); sent += descriptors_at_once) {
        const std::size_t count = std::min(descriptors_at_once, all.size() - sent);
        if (!send_descriptors(connection.native_handle(), all.data() + sent, count)) co_return;
    }
    char answer = 0;
    const auto [error, got] = co_await connection.async_read_some(asio::buffer(&answer, 1), no_throw);
    if (error || answer != ready_byte || self->over) co_return;
    self->over = true;
    self->taken_over();
}

Successor::Successor(asio::io_context& control, const std::string& data_dir, Events& events,
                     std::function<std::vector<int>()> descriptors, std::function<void()> taken_over)
    : state_(std::make_shared<State>(control, data_dir, std::move(descriptors), std::move(taken_over))) {
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
        state_->acceptor.close(error);
        events.emit("handover_unavailable", {{"data_dir", data_dir}, {"error", error.message()}});
        return;
    }
    asio::co_spawn(control.get_executor(), State::accept_loop(state_), asio::detached);
}

void Successor::withdraw() {
    const SocketPath path(state_->data_dir);
    ::unlink(path.text().c_str());
}

Successor::~Successor() {
    error_code ignored;
    state_->over = true;
    state_->acceptor.close(ignored);
}

Predecessor::Predecessor(const std::string& data_dir) {
    const auto fault = [&](const std::string& what) {
        if (connection_ >= 0) ::close(connection_);
        connection_ = -1;
        return std::runtime_error("data_dir " + data_dir + " is in use by another process, which " + what +
                                  "; stop it, or name another directory (data_dir, --data-dir)");
    };
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
    std::string line;
    char byte = 0;
    while (line.size() < 64 && ::recv(connection_, &byte, 1, 0) == 1 && byte != '\n') line += byte;
    unsigned long count = 0;
    if (byte != '\n' || std::sscanf(line.c_str(), "larder 1 %d %lu", &pid_, &count) != 2 || count > most_descriptors) {
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

void Predecessor::ready() {
    [[maybe_unused]] const auto sent = ::send(connection_, &ready_byte, 1, MSG_NOSIGNAL);
}

}  // namespace larder::proxy
