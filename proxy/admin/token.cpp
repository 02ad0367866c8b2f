#include "proxy/admin/token.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "policy/digits.h"
#include "policy/fields.h"

namespace larder::proxy::admin {
namespace {

constexpr std::string_view scheme = "Bearer ";

std::array<unsigned char, 32> digest_of(std::string_view text) {
    std::array<unsigned char, 32> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
}

std::runtime_error fault(const std::string& path, const std::string& what) {
    return std::runtime_error("admin token " + path + ": " + what);
}

}  // namespace

std::string load_or_make_token(const std::string& data_dir) {
    const std::string path = data_dir + "/admin.token";
    const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) {
        std::array<unsigned char, 32> bytes{};
        std::string token;
        const bool random = RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
        for (const unsigned char byte : bytes) policy::append_hex(token, byte, policy::HexCase::lower);
        const std::string text = token + "\n";
        const bool written = random && ::write(made, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                             ::fsync(made) == 0;
        ::close(made);
        if (!written) {
            ::unlink(path.c_str());
            throw fault(path, "cannot be written; is the disk full?");
        }
        return token;
    }
    if (errno != EEXIST) throw fault(path, std::string(std::strerror(errno)) + "; may Larder write to data_dir?");
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw fault(path, std::strerror(errno));
    struct stat status {};
    char text[4096];
    ssize_t size = -1;
    const bool owned = ::fstat(file, &status) == 0 && (status.st_mode & 077) == 0;
    if (owned) size = ::read(file, text, sizeof text);
    ::close(file);
    if (!owned) throw fault(path, "others can read it; run chmod 600 on it, or delete it to have a new one made");
    const std::string_view token =
        size > 0 ? policy::trimmed(
                       std::string_view(text, static_cast<std::size_t>(size))
                           .substr(0, std::string_view(text, static_cast<std::size_t>(size)).find_first_of("\r\n")))
                 : std::string_view{};
    if (token.size() < 16) throw fault(path, "holds no token of at least 16 characters; delete it to have one made");
    return std::string(token);
}

TokenCheck::TokenCheck(std::string_view token) : digest_(digest_of(token)) {}

bool TokenCheck::guesses(std::string_view authorization) {
    return authorization.size() > scheme.size() && authorization.starts_with(scheme);
}

bool TokenCheck::accepts(std::string_view authorization) const {
    const bool bearer = guesses(authorization);
    const auto given = digest_of(bearer ? authorization.substr(scheme.size()) : std::string_view{});
    return CRYPTO_memcmp(given.data(), digest_.data(), digest_.size()) == 0 && bearer;
}

}  // namespace larder::proxy::admin
