#include "proxy/listening.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <set>

#include "tests/proxy/scratch.h"

namespace larder::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

const tcp::endpoint any_port(asio::ip::make_address("127.0.0.1"), 0);

ListeningSocket socket_on(const tcp::endpoint& endpoint = any_port) {
    return listen_on(endpoint, text(endpoint), Sharing::with_nobody);
}

template <class... Sockets>
Inherited inherited_of(Sockets... sockets) {
    std::vector<ListeningSocket> all;
    (all.push_back(std::move(sockets)), ...);
    return Inherited(std::move(all));
}

// The same for two descriptors of one socket.
ino_t socket_behind(int descriptor) {
    struct stat status {};
    EXPECT_EQ(::fstat(descriptor, &status), 0);
    return status.st_ino;
}

std::set<ino_t> sockets_behind(const std::vector<ListeningSocket>& sockets) {
    std::set<ino_t> all;
    for (const ListeningSocket& socket : sockets) all.insert(socket_behind(socket.descriptor()));
    return all;
}

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

tcp::endpoint endpoint(const char* address, std::uint16_t port) {
    return {asio::ip::make_address(address), port};
}

TEST(ListeningSocket, ClosesWhatItOwns) {
    int first = -1, second = -1;
    {
        ListeningSocket one = socket_on(), other = socket_on();
        first = one.descriptor();
        second = other.descriptor();
        one = std::move(other);
        EXPECT_FALSE(is_open(first));
        EXPECT_EQ(one.descriptor(), second);
        const ListeningSocket moved(std::move(one));
        EXPECT_TRUE(is_open(second));
    }
    EXPECT_FALSE(is_open(second));
}

TEST(ListeningSocket, ReleasedIsTheCallersToClose) {
    int descriptor = -1;
    {
        ListeningSocket socket = socket_on();
        descriptor = socket.release();
        EXPECT_EQ(socket.descriptor(), -1);
    }
    EXPECT_TRUE(is_open(descriptor));
    ::close(descriptor);
}

TEST(ListeningSocket, HasNoDuplicateWhenItIsNotOpen) {
    EXPECT_THROW(ListeningSocket().duplicate(), boost::system::system_error);
    EXPECT_EQ(ListeningSocket().endpoint(), tcp::endpoint());
}

TEST(Endpoint, IsWhatAnAddressSays) {
    EXPECT_EQ(endpoint_of("127.0.0.1:8080"), endpoint("127.0.0.1", 8080));
    EXPECT_EQ(endpoint_of("[::1]:80"), endpoint("::1", 80));
    EXPECT_TRUE(endpoint_of(":81").address().is_unspecified());
    EXPECT_EQ(endpoint_of(":81").port(), 81);
    EXPECT_TRUE(endpoint_of("localhost:82").address().is_loopback());
}

TEST(Endpoint, OfNoAddressIsAComplaint) {
    EXPECT_NE(complaint_of([] { endpoint_of("nowhere"); }).find("expected HOST:PORT"), std::string::npos);
    const auto unresolved = complaint_of([] { endpoint_of("no-such-host.invalid:80"); });
    EXPECT_NE(unresolved.find("no-such-host.invalid does not resolve"), std::string::npos) << unresolved;
}

TEST(Endpoint, IsWrittenAsAnAddress) {
    EXPECT_EQ(text(endpoint("127.0.0.1", 80)), "127.0.0.1:80");
    EXPECT_EQ(text(endpoint("::1", 80)), "[::1]:80");
}

TEST(Listening, OpensASocketForEachWorkerOnOnePort) {
    Listening listening(3);
    Inherited none;
    const auto sockets = listening.open("127.0.0.1:0", Sharing::between_workers, none);
    ASSERT_EQ(sockets.size(), 3u);
    EXPECT_EQ(sockets_behind(sockets).size(), 3u);
    EXPECT_NE(sockets[0].endpoint().port(), 0);
    for (const auto& socket : sockets) EXPECT_EQ(socket.endpoint(), sockets[0].endpoint());
    EXPECT_EQ(listening.endpoint("127.0.0.1:0"), sockets[0].endpoint());
    EXPECT_EQ(listening.descriptors().size(), 3u);
}

TEST(Listening, OpensOneSocketThatIsSharedWithNobody) {
    Listening listening(3);
    Inherited none;
    const auto sockets = listening.open("127.0.0.1:0", Sharing::with_nobody, none);
    EXPECT_EQ(sockets.size(), 1u);
    EXPECT_EQ(listening.descriptors().size(), 1u);
}

TEST(Listening, KnowsWhatIsOpen) {
    Listening listening(2);
    Inherited none;
    const std::string address = "127.0.0.1:0";
    EXPECT_FALSE(listening.has(address));
    EXPECT_EQ(listening.endpoint(address), tcp::endpoint());
    listening.open(address, Sharing::between_workers, none);
    EXPECT_TRUE(listening.has(address));
    EXPECT_FALSE(listening.has("127.0.0.1:1"));
    const auto descriptors = listening.descriptors();
    listening.close("127.0.0.1:1");
    EXPECT_TRUE(listening.has(address));
    listening.close(address);
    EXPECT_FALSE(listening.has(address));
    EXPECT_TRUE(listening.descriptors().empty());
    for (const int descriptor : descriptors) EXPECT_FALSE(is_open(descriptor));
}

TEST(Listening, ClosesAllAtOnce) {
    Listening listening(1);
    Inherited none;
    listening.open("127.0.0.1:0", Sharing::between_workers, none);
    listening.open("127.0.0.2:0", Sharing::with_nobody, none);
    EXPECT_EQ(listening.descriptors().size(), 2u);
    listening.close_all();
    EXPECT_TRUE(listening.descriptors().empty());
    EXPECT_FALSE(listening.has("127.0.0.1:0"));
}

TEST(Listening, SaysThatAnAddressIsTaken) {
    const ListeningSocket taken = socket_on();
    Listening listening(1);
    Inherited none;
    const std::string address = text(taken.endpoint());
    for (const auto sharing : {Sharing::between_workers, Sharing::with_nobody}) {
        const auto complaint = complaint_of([&] { listening.open(address, sharing, none); });
        EXPECT_TRUE(complaint.starts_with("cannot listen on " + address + ": ")) << complaint;
        EXPECT_NE(complaint.find("; another process listens there: stop it, or choose another port"), std::string::npos)
            << complaint;
        EXPECT_FALSE(listening.has(address));
    }
}

TEST(Listening, SharesAPortWithNoProcessThatItKnowsNothingOf) {
    // Another process of the same user, as the kernel sees it: its sockets say SO_REUSEPORT too.
    Listening unrelated(2), listening(2);
    Inherited none;
    const auto theirs = unrelated.open("127.0.0.1:0", Sharing::between_workers, none);
    const std::string address = text(theirs[0].endpoint());
    const auto complaint = complaint_of([&] { listening.open(address, Sharing::between_workers, none); });
    EXPECT_NE(complaint.find("cannot listen on " + address), std::string::npos) << complaint;
    EXPECT_NE(complaint.find("same data_dir"), std::string::npos) << complaint;
}

TEST(Listening, SharesAPortOfItsOwnAndOfTheOneBeforeIt) {
    Listening before(2), after(2);
    Inherited none;
    const auto port = std::to_string(before.open("127.0.0.1:0", Sharing::between_workers, none)[0].endpoint().port());
    // A reload that goes from one address of the machine to all of them.
    EXPECT_EQ(before.open("0.0.0.0:" + port, Sharing::between_workers, none).size(), 2u);
    auto inherited = inherited_of(ListeningSocket(::fcntl(before.descriptors().front(), F_DUPFD_CLOEXEC, 0)));
    EXPECT_EQ(after.open("[::ffff:127.0.0.1]:" + port, Sharing::between_workers, inherited).size(), 2u);
    auto other = inherited_of(ListeningSocket(::fcntl(before.descriptors().front(), F_DUPFD_CLOEXEC, 0)));
    EXPECT_EQ(after.open("0.0.0.0:" + port, Sharing::between_workers, other).size(), 2u);
}

TEST(Listening, ConnectionsThatWaitAreNotLostWithAWorkersSocket) {
    Listening listening(1);
    Inherited none;
    auto sockets = listening.open("127.0.0.1:0", Sharing::between_workers, none);
    asio::io_context context;
    tcp::socket client(context);
    client.connect(listening.endpoint("127.0.0.1:0"));
    sockets.clear();
    const int accepted = ::accept4(listening.descriptors().front(), nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_GE(accepted, 0);
    ::close(accepted);
}

TEST(Inherited, AreTakenOnce) {
    ListeningSocket first = socket_on(), second = socket_on();
    const auto one = first.endpoint(), other = second.endpoint();
    auto inherited = inherited_of(std::move(first), std::move(second));
    EXPECT_TRUE(inherited.has(one));
    EXPECT_EQ(inherited.take(one).size(), 1u);
    EXPECT_FALSE(inherited.has(one));
    EXPECT_EQ(inherited.take(one).size(), 0u);
    EXPECT_TRUE(inherited.has(other));
}

TEST(Inherited, AnyPortIsNoneOfThem) {
    auto inherited = inherited_of(socket_on());
    EXPECT_FALSE(inherited.has(any_port));
    EXPECT_EQ(inherited.take(any_port).size(), 0u);
}

TEST(Inherited, AnIPv4AddressMayBeWrittenAsIPv6) {
    ListeningSocket socket = socket_on();
    const auto port = socket.endpoint().port();
    auto inherited = inherited_of(std::move(socket));
    EXPECT_FALSE(inherited.has(endpoint("::1", port)));
    EXPECT_TRUE(inherited.has(endpoint("::ffff:127.0.0.1", port)));
    EXPECT_EQ(inherited.take(endpoint("::ffff:127.0.0.1", port)).size(), 1u);
}

TEST(Inherited, OfSeveralOriginsAreOne) {
    ListeningSocket socket = socket_on();
    const auto where = socket.endpoint();
    auto inherited = inherited_of(socket.duplicate());
    inherited.add(inherited_of(std::move(socket)));
    EXPECT_EQ(inherited.take(where).size(), 2u);
}

TEST(Inherited, OneSocketIsSharedByAllWorkers) {
    ListeningSocket socket = socket_on();
    const auto where = socket.endpoint();
    const ino_t same = socket_behind(socket.descriptor());
    auto inherited = inherited_of(std::move(socket));
    Listening listening(3);
    const auto sockets = listening.open(text(where), Sharing::between_workers, inherited);
    EXPECT_EQ(sockets.size(), 3u);
    EXPECT_EQ(sockets_behind(sockets), std::set<ino_t>{same});
    EXPECT_FALSE(inherited.has(where));
    for (const int descriptor : listening.descriptors()) EXPECT_EQ(socket_behind(descriptor), same);
}

TEST(Inherited, NoneOfMoreThanThereAreWorkersIsLeftOut) {
    // Each has a queue of its own, in which connections may wait.
    Listening before(5), after(2);
    Inherited none;
    auto sockets = before.open("127.0.0.1:0", Sharing::between_workers, none);
    const auto where = sockets[0].endpoint();
    const auto all = sockets_behind(sockets);
    Inherited inherited(std::move(sockets));
    EXPECT_EQ(sockets_behind(after.open(text(where), Sharing::between_workers, inherited)), all);
    EXPECT_EQ(after.descriptors().size(), 5u);
}

TEST(Inherited, FewerThanThereAreWorkersAreSharedEvenly) {
    Listening before(2), after(6);
    Inherited none;
    auto sockets = before.open("127.0.0.1:0", Sharing::between_workers, none);
    const auto where = sockets[0].endpoint();
    const auto all = sockets_behind(sockets);
    Inherited inherited(std::move(sockets));
    std::multiset<ino_t> shared;
    for (const auto& socket : after.open(text(where), Sharing::between_workers, inherited)) {
        shared.insert(socket_behind(socket.descriptor()));
    }
    EXPECT_EQ(shared.size(), 6u);
    for (const ino_t each : all) EXPECT_EQ(shared.count(each), 3u);
}

// What systemd would pass: descriptors from 3 on, and the variables that say so. Puts back what was there.
class Passed {
  public:
    static constexpr int first = 3;

    explicit Passed(const std::vector<int>& descriptors) {
        std::vector<int> copies;
        for (std::size_t i = 0; i < descriptors.size(); ++i) {
            before_.push_back(::fcntl(first + static_cast<int>(i), F_DUPFD_CLOEXEC, 100));
            copies.push_back(::fcntl(descriptors[i], F_DUPFD_CLOEXEC, 100));
        }
        for (std::size_t i = 0; i < copies.size(); ++i) {
            ::dup2(copies[i], first + static_cast<int>(i));  // not closed by exec, as systemd does it
            ::close(copies[i]);
        }
        say(std::to_string(::getpid()), std::to_string(descriptors.size()));
    }
    ~Passed() {
        for (std::size_t i = 0; i < before_.size(); ++i) {
            const int descriptor = first + static_cast<int>(i);
            if (before_[i] < 0) {
                ::close(descriptor);
            } else {
                ::dup2(before_[i], descriptor);
                ::close(before_[i]);
            }
        }
        for (const char* name : variables) ::unsetenv(name);
    }
    Passed(const Passed&) = delete;
    Passed& operator=(const Passed&) = delete;

    static void say(const std::string& pid, const std::string& count) {
        ::setenv("LISTEN_PID", pid.c_str(), 1);
        ::setenv("LISTEN_FDS", count.c_str(), 1);
        ::setenv("LISTEN_FDNAMES", "http:admin", 1);
    }
    static bool said() {
        return std::any_of(std::begin(variables), std::end(variables), [](const char* name) { return ::getenv(name); });
    }

  private:
    static constexpr const char* variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    std::vector<int> before_;
};

TEST(FromSystemd, TakesWhatWasPassed) {
    const ListeningSocket one = socket_on(), other = socket_on();
    const Passed passed({one.descriptor(), other.descriptor()});
    auto inherited = Inherited::from_systemd();
    EXPECT_FALSE(Passed::said());
    ASSERT_TRUE(inherited.has(one.endpoint()));
    const auto taken = inherited.take(other.endpoint());
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].descriptor(), Passed::first + 1);
    EXPECT_EQ(::fcntl(taken[0].descriptor(), F_GETFD), FD_CLOEXEC);
}

TEST(FromSystemd, TakesNothingThatIsNotForThisProcessOrNotSaidClearly) {
    const ListeningSocket socket = socket_on();
    const auto pid = std::to_string(::getpid());
    const struct {
        const char* id;
        std::string pid, count;
    } cases[] = {{"another process", std::to_string(::getppid()), "1"},
                 {"no process", "", "1"},
                 {"none", pid, "0"},
                 {"less than none", pid, "-1"},
                 {"no number", pid, "one"},
                 {"more than a number", pid, "1x"}};
    for (const auto& c : cases) {
        const Passed passed({socket.descriptor()});
        Passed::say(c.pid, c.count);
        EXPECT_FALSE(Inherited::from_systemd().has(socket.endpoint())) << c.id;
        EXPECT_FALSE(Passed::said()) << c.id;
        EXPECT_TRUE(is_open(Passed::first)) << c.id;
    }
}

TEST(FromSystemd, LeavesWhatDoesNotListen) {
    const ListeningSocket socket = socket_on();
    asio::io_context context;
    tcp::socket client(context);
    client.connect(socket.endpoint());
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const Passed passed({client.native_handle(), file, socket.descriptor()});
    ::close(file);
    auto inherited = Inherited::from_systemd();
    const auto taken = inherited.take(socket.endpoint());
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].descriptor(), Passed::first + 2);
    EXPECT_TRUE(is_open(Passed::first));
}

}  // namespace
}  // namespace larder::proxy
