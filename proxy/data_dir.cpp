#include "proxy/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace larder::proxy {
namespace {

constexpr const char* first_line = "larder identity 1";

std::runtime_error fault(const std::string& what, const std::string& path) {
    return std::runtime_error("data_dir: cannot " + what + " " + path + ": " + std::strerror(errno) +
                              "; name a directory that Larder may write to (data_dir, --data-dir)");
}

void make_directories(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), 0750) != 0 && errno != EEXIST) throw fault("make", part);
        if (slash == std::string::npos) break;
    }
}

std::uint64_t random_seed() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

// "NAME VALUE", VALUE in base 16.
bool number(const std::string& line, std::string_view name, std::uint64_t& value) {
    if (!line.starts_with(name) || line.size() <= name.size() + 1) return false;
    const char* begin = line.data() + name.size() + 1;
    const char* end = line.data() + line.size();
    const auto read = std::from_chars(begin, end, value, 16);
    return read.ec == std::errc() && read.ptr == end;
}

}  // namespace

DataDir::DataDir(std::string path) : path_(std::move(path)), identity_file_(file("identity")) {
    make_directories(path_);
}

DataDir::~DataDir() {
    if (lock_ >= 0) ::close(lock_);  // lets go of it
}

bool DataDir::lock() {
    if (lock_ >= 0) return true;
    const std::string name = file("lock");
    const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) throw fault("open", name);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const bool taken = errno == EWOULDBLOCK;
        ::close(descriptor);
        if (taken) return false;
        throw fault("lock", name);
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    // Who reads it only wants to know whom to ask: that it cannot be written is no reason to stop.
    [[maybe_unused]] const bool written =
        ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, pid.data(), pid.size(), 0) > 0;
    lock_ = descriptor;
    return true;
}

bool DataDir::try_lock() noexcept {
    try {
        return lock();
    } catch (const std::exception&) {  // no descriptor left, say: later
        return false;
    }
}

pid_t DataDir::holder() const {
    std::ifstream file_with_pid(file("lock"));
    pid_t pid = 0;
    file_with_pid >> pid;
    return pid;
}

std::optional<DataDir::Identity> DataDir::read() const {
    std::ifstream in(file("identity"));
    std::string line;
    Identity known;
    const bool good = std::getline(in, line) && line == first_line && std::getline(in, line) &&
                      number(line, "seed", known.seed) && std::getline(in, line) && number(line, "run", known.run);
    if (!good) return std::nullopt;
    while (std::getline(in, line)) {
        if (line.starts_with("layer ")) known.layers.push_back(line.substr(6));
    }
    return known;
}

DataDir::Identity DataDir::begin_run(std::uint64_t now) {
    const auto before = read();
    Identity known = before.value_or(Identity{});
    if (!before) known.seed = random_seed();
    // The time makes it grow even when a full disk kept the last one from being written.
    known.run = std::max(known.run + 1, now);
    identity_ = known;
    known.kept = write(identity_);
    return known;
}

bool DataDir::use_layers(const std::vector<std::string>& directories) {
    if (identity_.layers == directories) return true;
    auto former = std::exchange(identity_.layers, directories);
    if (write(identity_)) return true;
    identity_.layers = std::move(former);  // as on disk: the next call tries again
    return false;
}

void DataDir::distrust_layers() const noexcept {
    try {
        // No file, or none that can be read: nothing is trusted then.
        auto now = read();
        if (!now || now->layers.empty()) return;
        now->layers.clear();
        if (!write(*now)) ::unlink(identity_file_.c_str());
    } catch (const std::exception&) {
        ::unlink(identity_file_.c_str());
    }
}

bool DataDir::write(const Identity& identity) const {
    std::ostringstream text;
    text << first_line << "\nseed " << std::hex << identity.seed << "\nrun " << identity.run << '\n';
    for (const std::string& layer : identity.layers) text << "layer " << layer << '\n';
    const std::string content = text.str();
    const std::string name = file("identity"), next = name + ".new";
    const int descriptor = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return false;
    const bool written = ::write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                         ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!written || ::rename(next.c_str(), name.c_str()) != 0) return false;
    const int directory = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        ::fsync(directory);
        ::close(directory);
    }
    return true;
}

}  // namespace larder::proxy
