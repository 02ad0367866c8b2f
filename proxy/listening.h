// Listening sockets: opened here, inherited from systemd, or handed over by the process that ran before.
//
// Every worker has one of its own for each address (SO_REUSEPORT), so the kernel spreads connections and no lock is
// taken. A socket that comes from outside is shared by the workers instead, each with a descriptor of its own: closing
// one in a process that ends loses none of the connections that wait in its queue.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace larder::proxy {

// An open, listening descriptor. Movable; closes what it still owns.
class ListeningSocket {
  public:
    explicit ListeningSocket(int descriptor = -1) : descriptor_(descriptor) {}
    ListeningSocket(ListeningSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    ListeningSocket& operator=(ListeningSocket&& other) noexcept;
    ~ListeningSocket();

    int descriptor() const { return descriptor_; }
    int release() { return std::exchange(descriptor_, -1); }
    // Another descriptor of the same socket. Throws boost::system::system_error.
    ListeningSocket duplicate() const;
    boost::asio::ip::tcp::endpoint endpoint() const;
    boost::asio::ip::tcp protocol() const { return endpoint().protocol(); }

  private:
    int descriptor_;
};

// Where a configured address is. Throws std::runtime_error when it names no address of this machine.
boost::asio::ip::tcp::endpoint endpoint_of(const std::string& address);
std::string text(const boost::asio::ip::tcp::endpoint&);

// Opens one. Port 0: the system chooses. Throws std::runtime_error that says what to change.
enum class Sharing { with_nobody, between_workers };
ListeningSocket listen_on(const boost::asio::ip::tcp::endpoint&, const std::string& address, Sharing);
// Throws the same when any process listens there, this one too.
void ensure_free(const boost::asio::ip::tcp::endpoint&, const std::string& address);

// Sockets that came from outside, each to be taken once.
class Inherited {
  public:
    Inherited() = default;
    explicit Inherited(std::vector<ListeningSocket> sockets) : sockets_(std::move(sockets)) {}
    // Those that systemd passed (LISTEN_PID, LISTEN_FDS; sd_listen_fds(3)). Takes the variables out of the environment.
    static Inherited from_systemd();

    void add(Inherited&& others);
    bool has(const boost::asio::ip::tcp::endpoint&) const;
    bool has_port(std::uint16_t port) const;
    // All that listen there; port 0 matches none.
    std::vector<ListeningSocket> take(const boost::asio::ip::tcp::endpoint&);

  private:
    std::vector<ListeningSocket> sockets_;
};

// Which addresses this process listens on, with a descriptor of each socket for whoever takes over. Control thread.
class Listening {
  public:
    explicit Listening(std::size_t workers) : workers_(workers) {}

    // Opens an address: inherited sockets if there are any for it, else new ones. For Sharing::between_workers at least
    // one socket for each worker. Throws std::runtime_error; also when another process listens there that this one has
    // inherited nothing from, which SO_REUSEPORT alone would let pass in silence.
    std::vector<ListeningSocket> open(const std::string& address, Sharing, Inherited&);
    void close(const std::string& address);
    void close_all() { open_.clear(); }

    bool has(const std::string& address) const;
    // With the port that the system chose.
    boost::asio::ip::tcp::endpoint endpoint(const std::string& address) const;
    std::vector<int> descriptors() const;

  private:
    bool has_port(std::uint16_t port) const;

    struct Open {
        std::string address;
        std::vector<ListeningSocket> sockets;
    };
    const std::size_t workers_;
    std::vector<Open> open_;
};

}  // namespace larder::proxy
