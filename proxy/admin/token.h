// The admin token: made at the first start, kept in DATA_DIR/admin.token, readable by its owner alone.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace larder::proxy::admin {

// Reads it, or makes one of 256 random bits. Throws std::runtime_error when the file cannot be read or made, is
// readable by others, or holds no token.
std::string load_or_make_token(const std::string& data_dir);

// Compares in a time that depends on neither: digests of fixed length, byte by byte.
class TokenCheck {
  public:
    explicit TokenCheck(std::string_view token);
    // The value of an Authorization field: "Bearer TOKEN", spelt so; HTTP would allow other letter cases of the scheme
    // (RFC 9110 section 11.1), which nothing needs here.
    bool accepts(std::string_view authorization) const;
    // It holds a token at all, right or wrong.
    static bool guesses(std::string_view authorization);

  private:
    std::array<unsigned char, 32> digest_;
};

}  // namespace larder::proxy::admin
