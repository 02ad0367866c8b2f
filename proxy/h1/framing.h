// How long a body is, from the two fields that say so (RFC 9112 section 6). Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace larder::proxy::h1 {

enum class BodyFraming {
    none,
    length,
    chunked,
    until_close,  // responses only
};

inline constexpr std::uint64_t max_body_size = 0x7fffffffffffffff;

// Collects Content-Length and Transfer-Encoding while a head is read. The views must outlive it.
class FramingFields {
  public:
    enum class Verdict {
        fine,
        bad_length,         // not 1*DIGIT, above max_body_size, or two that differ
        length_and_coding,  // RFC 9112 section 6.1 lets Transfer-Encoding win; we refuse, since others read the length
        coding_in_old_message,  // Transfer-Encoding in HTTP/1.0: faulty framing (RFC 9112 section 6.1)
        bad_coding,             // chunked is not the last coding, not once, not on one line, or not a plain token
        unsupported_coding,     // well-formed, but with a coding beside chunked
        unknown_coding,         // one that nobody has registered, alone
    };

    void add_content_length(std::string_view value);
    void add_transfer_encoding(std::string_view value);

    Verdict judge(int minor_version) const;

    bool has_length() const { return has_length_; }
    std::uint64_t length() const { return length_; }
    std::string_view length_digits() const { return digits_; }  // without leading zeros
    bool has_coding() const { return coding_lines_ > 0; }

  private:
    void add_length(std::string_view digits);

    bool has_length_ = false;
    bool bad_length_ = false;
    std::uint64_t length_ = 0;
    std::string_view digits_;
    unsigned coding_lines_ = 0;
    std::string_view coding_;
};

const char* word(FramingFields::Verdict);

}  // namespace larder::proxy::h1
