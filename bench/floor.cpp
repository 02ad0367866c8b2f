// The floor: what answering over loopback costs when nothing is parsed. One thread, one epoll; every "\r\n\r\n"
// received is a request, answered with one prebuilt 1 KiB response. Also the benchmarks' origin. usage: floor PORT
// [CACHE-CONTROL]

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

struct Connection {
    int end_seen = 0;    // how much of "\r\n\r\n" the last bytes received are
    std::string unsent;  // what the socket did not take
};

// Counts the heads that end in `bytes`; `end_seen` carries a cut "\r\n\r\n" over to the next call.
unsigned heads(std::string_view bytes, int& end_seen) {
    unsigned found = 0;
    while (!bytes.empty()) {
        if (end_seen == 0) {
            const std::size_t at = bytes.find('\r');
            if (at == std::string_view::npos) break;
            bytes.remove_prefix(at);
        }
        const char wanted = end_seen % 2 == 0 ? '\r' : '\n';
        if (bytes.front() == wanted) {
            bytes.remove_prefix(1);
            if (++end_seen == 4) ++found, end_seen = 0;
        } else if (bytes.front() == '\r') {
            end_seen = 1;
            bytes.remove_prefix(1);
        } else {
            end_seen = 0;
        }
    }
    return found;
}

// False: the connection is over.
bool send_all(int fd, Connection& connection, std::string_view bytes) {
    if (connection.unsent.empty()) {
        const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    connection.unsent += bytes;
    return true;
}

bool flush(int fd, Connection& connection) {
    std::string rest = std::move(connection.unsent);
    connection.unsent.clear();
    return rest.empty() || send_all(fd, connection, rest);
}

bool receive(int fd, Connection& connection, std::string_view response) {
    static std::array<char, 64 * 1024> buffer;
    const ssize_t received = recv(fd, buffer.data(), buffer.size(), 0);
    if (received < 0) return errno == EAGAIN;
    if (received == 0) return false;
    const unsigned found = heads({buffer.data(), static_cast<std::size_t>(received)}, connection.end_seen);
    if (found == 1) return send_all(fd, connection, response);
    std::string several;
    for (unsigned i = 0; i < found; ++i) several += response;
    return several.empty() || send_all(fd, connection, several);
}

int listening_socket(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, 1024) != 0) {
        std::perror("floor");
        std::exit(1);
    }
    return fd;
}

void serve(int listener, std::string_view response) {
    const int poll = epoll_create1(0);
    const auto watch = [poll](int fd, int operation, std::uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        epoll_ctl(poll, operation, fd, &event);
    };
    watch(listener, EPOLL_CTL_ADD, EPOLLIN);

    std::unordered_map<int, Connection> connections;
    std::array<epoll_event, 256> events;
    for (;;) {
        const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener) {
                const int accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (accepted < 0) continue;
                connections[accepted] = {};
                watch(accepted, EPOLL_CTL_ADD, EPOLLIN);
                continue;
            }
            Connection& connection = connections[fd];
            const bool was_full = !connection.unsent.empty();
            const bool alive = was_full ? flush(fd, connection) : receive(fd, connection, response);
            if (!alive) {
                connections.erase(fd);
                close(fd);
            } else if (was_full != !connection.unsent.empty()) {
                watch(fd, EPOLL_CTL_MOD,
                      was_full ? EPOLLIN : EPOLLOUT);  // not both: read nothing that cannot be answered
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: floor PORT [CACHE-CONTROL]\n", stderr);
        return 2;
    }
    const std::string cache_control = argc > 2 ? argv[2] : "max-age=3600";
    std::array<char, 64> date{};
    const std::time_t now = std::time(nullptr);
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&now));
    const std::string response =
        "HTTP/1.1 200 OK\r\nDate: " + std::string(date.data()) +
        "\r\nContent-Type: application/octet-stream\r\nContent-Length: 1024\r\nCache-Control: " + cache_control +
        "\r\n\r\n" + std::string(1024, 'x');
    serve(listening_socket(static_cast<std::uint16_t>(std::atoi(argv[1]))), response);
}
