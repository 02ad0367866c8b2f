#include "storage/disk/directory.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace larder::storage::disk {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
    throw std::runtime_error("cannot keep the cache in " + path + ": " + what);
}

bool exists(const std::string& path) {
    struct stat found;
    return ::stat(path.c_str(), &found) == 0;
}

bool on_network(const std::string& path) {
    constexpr long cifs = 0xFF534D42, smb2 = 0xFE534D42;
    struct statfs found;
    if (::statfs(path.c_str(), &found) != 0) return false;
    const auto type = static_cast<long>(static_cast<unsigned int>(found.f_type));
    return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == cifs || type == smb2;
}

// What LMDB 0.9 writes at the start of a data file: two pages, each a header of 16 bytes and an MDB_meta.
struct MetaPage {
    std::uint64_t page_size;
    std::uint64_t last_page;
    std::uint64_t transaction;
};

std::optional<MetaPage> read_meta(int file, std::uint64_t offset) {
    constexpr std::size_t size = 152;
    char page[size];
    if (::pread(file, page, size, static_cast<off_t>(offset)) != static_cast<ssize_t>(size)) return std::nullopt;
    const auto at = [&](std::size_t place, auto value) {
        std::memcpy(&value, page + place, sizeof value);
        return value;
    };
    if (at(16, std::uint32_t{}) != 0xBEEFC0DE || at(20, std::uint32_t{}) != 1) return std::nullopt;
    const MetaPage meta{at(40, std::uint32_t{}), at(136, std::uint64_t{}), at(144, std::uint64_t{})};
    const bool power_of_two = (meta.page_size & (meta.page_size - 1)) == 0;
    if (meta.page_size < 512 || meta.page_size > 65536 || !power_of_two) return std::nullopt;
    return meta;
}

}  // namespace

Directory::Directory(std::string path) : path_(std::move(path)), damage_marker_(path_ + "/damaged") {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
    if (::mkdir(path_.c_str(), 0750) != 0 && errno != EEXIST) {
        refuse(path_, std::string("it cannot be made (") + std::strerror(errno) +
                          "); name a directory that Larder may write, or make it");
    }
    if (on_network(path_)) {
        refuse(path_,
               "it lies on a network file system, where locks and maps are not reliable; name a local directory");
    }
    lock_file_ = ::open((path_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (lock_file_ < 0) {
        refuse(path_, std::string("it cannot be written (") + std::strerror(errno) +
                          "); give Larder's user the right to write there");
    }
}

Directory::~Directory() {
    if (lock_file_ >= 0) ::close(lock_file_);
}

bool Directory::lock() {
    if (::flock(lock_file_, LOCK_EX | LOCK_NB) != 0) return false;
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock_file_, 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(lock_file_, pid.data(), pid.size(), 0);
    }
    return true;
}

pid_t Directory::holder() const {
    char text[32] = {};
    if (::pread(lock_file_, text, sizeof text - 1, 0) <= 0) return 0;
    return static_cast<pid_t>(std::strtol(text, nullptr, 10));
}

void Directory::unlock() {
    ::flock(lock_file_, LOCK_UN);
}

bool Directory::intact() const {
    return exists(path_ + "/intact");
}

bool Directory::make_intact() {
    const int made = ::open((path_ + "/intact").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
    if (made < 0) return false;
    ::close(made);
    sync();
    return true;
}

bool Directory::drop_intact() {
    const bool gone = ::unlink((path_ + "/intact").c_str()) == 0 || errno == ENOENT;
    sync();
    return gone;
}

bool Directory::marked_damaged() const {
    return exists(damage_marker_);
}

void Directory::clear_damage() {
    ::unlink(damage_marker_.c_str());
}

std::string Directory::unsound() const {
    const int file = ::open(data().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? "" : std::string("it cannot be read: ") + std::strerror(errno);
    struct stat found = {};
    std::string reason;
    if (::fstat(file, &found) == 0 && found.st_size > 0) {
        const auto size = static_cast<std::uint64_t>(found.st_size);
        const auto first = read_meta(file, 0);
        const auto second =
            read_meta(file, first ? first->page_size : static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
        const auto& newest = !first || (second && second->transaction > first->transaction) ? second : first;
        if (!newest) {
            reason = "it has no valid meta page";
        } else if (newest->last_page >= size / newest->page_size || size < 2 * newest->page_size) {
            reason = "it is shorter than its content";
        } else if (!first || !second) {
            reason = "one of its meta pages is damaged";
        }
    }
    ::close(file);
    return reason;
}

bool Directory::has_data() const {
    struct stat found;
    return ::stat(data().c_str(), &found) == 0 && found.st_size > 0;
}

bool Directory::move_aside(bool keep) {
    struct stat found = {};
    struct statfs space = {};
    const std::string aside = data() + ".damaged";
    ::unlink(aside.c_str());
    if (keep && ::stat(data().c_str(), &found) == 0 && ::statfs(path_.c_str(), &space) == 0) {
        const auto occupied = static_cast<std::uint64_t>(found.st_blocks) * 512;
        keep = static_cast<std::uint64_t>(space.f_bavail) * static_cast<std::uint64_t>(space.f_bsize) >= occupied;
    }
    keep = keep && ::rename(data().c_str(), aside.c_str()) == 0;
    if (!keep) ::unlink(data().c_str());
    drop_readers_table();
    sync();
    return keep;
}

void Directory::drop_readers_table() {
    ::unlink((path_ + "/lock.mdb").c_str());
}

bool Directory::extend_data(std::uint64_t size) {
    return ::truncate(data().c_str(), static_cast<off_t>(size)) == 0;
}

void Directory::sync() const {
    const int directory = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    ::fsync(directory);
    ::close(directory);
}

}  // namespace larder::storage::disk
