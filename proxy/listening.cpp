#include "proxy/listening.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "config/address.h"

namespace larder::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Accepted sockets inherit these from the listening one: no call per connection.
void set_options_of_accepted(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The kernel holds at most this much that it has not sent yet. It bounds what slow clients make us hold, and makes
    // the progress of a slow one visible in small steps.
    const int unsent = 128 * 1024;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

int number_in_environment(const char* name) {
    const char* value = std::getenv(name);
    int number = 0;
    if (!value) return 0;
    const char* end = value + std::strlen(value);
    return std::from_chars(value, end, number).ptr == end ? number : 0;
}

const char* cure(const error_code& error) {
    if (error == asio::error::address_in_use) {
        return "another process listens there: stop it, or choose another port. Only a process with the same data_dir "
               "is taken over from";
    }
    if (error == asio::error::access_denied) {
        return "ports below 1024 need a privilege: choose a higher one, let systemd pass the socket, or start it with "
               "CAP_NET_BIND_SERVICE";
    }
    if (error == boost::system::errc::address_not_available) return "use an address that this machine has";
    return "choose another address or port";
}

std::runtime_error cannot_listen(const std::string& address, const error_code& error) {
    return std::runtime_error("cannot listen on " + address + ": " + error.message() + "; " + cure(error));
}

// Not listening yet. Binding fails where another socket listens, unless both are to share the port.
tcp::acceptor bound(asio::io_context& context, const tcp::endpoint& endpoint, Sharing sharing) {
    tcp::acceptor acceptor(context);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    if (sharing == Sharing::between_workers) acceptor.set_option(ReusePort(true));
    set_options_of_accepted(acceptor.native_handle());
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()));
    acceptor.bind(endpoint);
    return acceptor;
}

// One address for several spellings: an IPv4 address may be written as an IPv6 one.
bool same(const tcp::endpoint& one, const tcp::endpoint& other) {
    const auto plain = [](const tcp::endpoint& endpoint) {
        const auto& address = endpoint.address();
        const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
        return mapped ? tcp::endpoint(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()), endpoint.port())
                      : endpoint;
    };
    return plain(one) == plain(other);
}

}  // namespace

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
    if (this != &other) {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

ListeningSocket::~ListeningSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

ListeningSocket ListeningSocket::duplicate() const {
    const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw boost::system::system_error(error_code(errno, boost::system::system_category()));
    return ListeningSocket(copy);
}

tcp::endpoint ListeningSocket::endpoint() const {
    tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    if (::getsockname(descriptor_, endpoint.data(), &size) != 0) return {};
    endpoint.resize(size);
    return endpoint;
}

tcp::endpoint endpoint_of(const std::string& address) {
    const auto parsed = config::parse_address(address);
    if (!parsed) throw std::runtime_error(address + ": not an address to listen on; expected HOST:PORT");
    error_code error;
    if (parsed->host.empty()) {
        // Every address: one socket for IPv6 and IPv4, where this machine has IPv6 at all.
        asio::io_context probing;
        tcp::socket probe(probing);
        probe.open(tcp::v6(), error);
        return {error ? tcp::v4() : tcp::v6(), parsed->port};
    }
    const auto literal = asio::ip::make_address(parsed->host, error);
    if (!error) return {literal, parsed->port};
    asio::io_context context;
    tcp::resolver resolver(context);
    const auto results = resolver.resolve(parsed->host, std::to_string(parsed->port), error);
    if (error || results.empty()) {
        throw std::runtime_error(address + ": " + parsed->host + " does not resolve; use an address of this machine");
    }
    return results.begin()->endpoint();
}

std::string text(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

ListeningSocket listen_on(const tcp::endpoint& endpoint, const std::string& address, Sharing sharing) {
    try {
        asio::io_context context;
        tcp::acceptor acceptor = bound(context, endpoint, sharing);
        acceptor.listen(4096);
        return ListeningSocket(acceptor.release());
    } catch (const boost::system::system_error& error) {
        throw cannot_listen(address, error.code());
    }
}

void ensure_free(const tcp::endpoint& endpoint, const std::string& address) {
    try {
        asio::io_context context;
        if (endpoint.port() != 0) bound(context, endpoint, Sharing::with_nobody);
    } catch (const boost::system::system_error& error) {
        throw cannot_listen(address, error.code());
    }
}

Inherited Inherited::from_systemd() {
    constexpr int first = 3;  // SD_LISTEN_FDS_START
    std::vector<ListeningSocket> sockets;
    if (number_in_environment("LISTEN_PID") == static_cast<int>(::getpid())) {
        for (int i = 0; i < std::min(number_in_environment("LISTEN_FDS"), 1000); ++i) {
            int listening = 0;
            socklen_t size = sizeof listening;
            const bool good = ::getsockopt(first + i, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
            ::fcntl(first + i, F_SETFD, FD_CLOEXEC);
            if (!good) continue;
            set_options_of_accepted(first + i);
            sockets.emplace_back(first + i);
        }
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    return Inherited(std::move(sockets));
}

void Inherited::add(Inherited&& others) {
    for (ListeningSocket& socket : others.sockets_) sockets_.push_back(std::move(socket));
    others.sockets_.clear();
}

bool Inherited::has(const tcp::endpoint& endpoint) const {
    return std::ranges::any_of(sockets_, [&](const auto& socket) { return same(socket.endpoint(), endpoint); });
}

bool Inherited::has_port(std::uint16_t port) const {
    return std::ranges::any_of(sockets_, [&](const auto& socket) { return socket.endpoint().port() == port; });
}

std::vector<ListeningSocket> Inherited::take(const tcp::endpoint& endpoint) {
    std::vector<ListeningSocket> taken;
    if (endpoint.port() == 0) return taken;
    for (ListeningSocket& socket : sockets_) {
        if (same(socket.endpoint(), endpoint)) taken.push_back(std::move(socket));
    }
    std::erase_if(sockets_, [](const ListeningSocket& socket) { return socket.descriptor() < 0; });
    return taken;
}

std::vector<ListeningSocket> Listening::open(const std::string& address, Sharing sharing, Inherited& inherited) {
    auto endpoint = endpoint_of(address);
    // This process's, or that of the one that it takes over from: perhaps on another of the machine's addresses.
    const bool known_port = has_port(endpoint.port()) || inherited.has_port(endpoint.port());
    std::vector<ListeningSocket> sockets = inherited.take(endpoint);
    const std::size_t from_outside = sockets.size();
    const std::size_t wanted = sharing == Sharing::between_workers ? workers_ : 1;
    while (sockets.size() < wanted) {
        if (from_outside > 0) {
            sockets.push_back(sockets[sockets.size() - from_outside].duplicate());
            continue;
        }
        // With SO_REUSEPORT the kernel would let any process of this user listen too, and share out the connections.
        if (sockets.empty() && sharing == Sharing::between_workers && !known_port) ensure_free(endpoint, address);
        sockets.push_back(listen_on(endpoint, address, sharing));
        endpoint = sockets.front().endpoint();  // the first one's port, if the system chose it, is everybody's
    }
    Open opened{address, {}};
    for (const ListeningSocket& socket : sockets) opened.sockets.push_back(socket.duplicate());
    open_.push_back(std::move(opened));
    return sockets;
}

void Listening::close(const std::string& address) {
    std::erase_if(open_, [&](const Open& open) { return open.address == address; });
}

bool Listening::has_port(std::uint16_t port) const {
    return std::ranges::any_of(open_, [&](const Open& open) { return open.sockets.front().endpoint().port() == port; });
}

bool Listening::has(const std::string& address) const {
    return std::ranges::find(open_, address, &Open::address) != open_.end();
}

tcp::endpoint Listening::endpoint(const std::string& address) const {
    const auto found = std::ranges::find(open_, address, &Open::address);
    return found == open_.end() ? tcp::endpoint() : found->sockets.front().endpoint();
}

std::vector<int> Listening::descriptors() const {
    std::vector<int> all;
    for (const Open& open : open_) {
        for (const ListeningSocket& socket : open.sockets) all.push_back(socket.descriptor());
    }
    return all;
}

}  // namespace larder::proxy
