// Numbers and texts as bytes. Keys are big-endian, so that LMDB's order is the numbers'; values little-endian.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/key.h"
#include "storage/time.h"

namespace larder::storage::disk {

static_assert(std::endian::native == std::endian::little);

// A key in the making; as text().
class KeyBytes {
  public:
    KeyBytes& number(std::uint64_t value) { return big_endian(value, 8); }
    KeyBytes& index(std::uint32_t value) { return big_endian(value, 4); }
    // In the order of signed numbers.
    KeyBytes& time(UnixTime value) { return number(static_cast<std::uint64_t>(value) ^ (1ull << 63)); }
    KeyBytes& hash(const KeyHash& value) { return number(value.high).number(value.low); }
    KeyBytes& text(std::string_view value) {
        bytes_ += value;
        return *this;
    }
    operator std::string_view() const { return bytes_; }  // NOLINT: it is bytes
    std::string take() { return std::move(bytes_); }

  private:
    KeyBytes& big_endian(std::uint64_t value, int bytes) {
        for (int i = bytes - 1; i >= 0; --i) bytes_ += static_cast<char>(value >> (8 * i));
        return *this;
    }
    std::string bytes_;
};

// The big-endian number at `offset`; 0 if the bytes are too few.
inline std::uint64_t number_at(std::string_view bytes, std::size_t offset) {
    if (bytes.size() < offset || bytes.size() - offset < 8) return 0;
    std::uint64_t value;
    std::memcpy(&value, bytes.data() + offset, 8);
    return __builtin_bswap64(value);
}
inline UnixTime time_at(std::string_view bytes, std::size_t offset) {
    return static_cast<UnixTime>(number_at(bytes, offset) ^ (1ull << 63));
}
inline KeyHash hash_at(std::string_view bytes, std::size_t offset) {
    return {number_at(bytes, offset), number_at(bytes, offset + 8)};
}

template <class T>
void put(std::string& bytes, T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void put_text(std::string& bytes, std::string_view text) {
    put(bytes, static_cast<std::uint32_t>(text.size()));
    bytes += text;
}

// Takes values off the front and never looks past the end: what is not there is 0 or empty, and fine() is false from
// then on.
class Taking {
  public:
    explicit Taking(std::string_view bytes) : bytes_(bytes) {}
    template <class T>
    T value() {
        T result{};
        if (bytes_.size() < sizeof result) {
            fail();
        } else {
            std::memcpy(&result, bytes_.data(), sizeof result);
            bytes_.remove_prefix(sizeof result);
        }
        return result;
    }
    std::string_view raw(std::uint64_t size) {
        if (size > bytes_.size()) {
            fail();
            return {};
        }
        const std::string_view result = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return result;
    }
    std::string_view text() { return raw(value<std::uint32_t>()); }
    std::size_t left() const { return bytes_.size(); }
    bool fine() const { return fine_; }
    bool whole() const { return fine_ && bytes_.empty(); }

  private:
    void fail() {
        fine_ = false;
        bytes_ = {};
    }
    std::string_view bytes_;
    bool fine_ = true;
};

}  // namespace larder::storage::disk
