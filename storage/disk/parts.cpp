#include "storage/disk/parts.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "storage/disk/bytes.h"
#include "storage/disk/record.h"

namespace larder::storage::disk {

namespace {

constexpr std::size_t sum_bytes = 8;

std::uint64_t seed(std::uint64_t number, std::uint64_t index) {
    return number + index * 0x9E3779B97F4A7C15;
}

KeyBytes part_key(std::uint64_t number, std::uint64_t index) {
    KeyBytes key;
    key.number(number).index(static_cast<std::uint32_t>(index));
    return key;
}

void complete(char* value, std::size_t size, std::uint64_t number, std::uint64_t index) {
    const std::uint64_t sum = checksum({value + sum_bytes, size}, seed(number, index));
    std::memcpy(value, &sum, sum_bytes);
}

}  // namespace

bool BodyBytes::copy(char* to, std::size_t size) {
    while (size > 0) {
        if (piece_ == end_) return false;
        const std::size_t now = std::min(size, piece_->size - offset_);
        std::memcpy(to, piece_->data.get() + offset_, now);
        to += now;
        size -= now;
        offset_ += now;
        if (offset_ == piece_->size) {
            ++piece_;
            offset_ = 0;
        }
    }
    return true;
}

void Parts::write(std::uint64_t number, std::uint64_t size, BodyBytes& bytes, std::uint64_t first,
                  std::uint64_t behind) {
    for (std::uint64_t index = first; index < behind; ++index) {
        const std::size_t here = std::min<std::uint64_t>(payload_, size - index * payload_);
        char* const value = add(number, index, here);
        if (!bytes.copy(value + sum_bytes, here)) throw std::logic_error("a body is shorter than it says");
        complete(value, here, number, index);
    }
}

void Parts::write(std::uint64_t number, std::string_view bytes) {
    for (std::uint64_t index = 0; index * payload_ < bytes.size(); ++index) {
        const std::string_view here = bytes.substr(index * payload_, payload_);
        char* const value = add(number, index, here.size());
        std::memcpy(value + sum_bytes, here.data(), here.size());
        complete(value, here.size(), number, index);
    }
}

char* Parts::add(std::uint64_t number, std::uint64_t index, std::size_t size) {
    return transaction_.append(environment_.tables().parts, part_key(number, index), size + sum_bytes);
}

bool Parts::read(std::uint64_t number, std::uint64_t body_size, std::uint64_t offset, char* to, std::size_t size) {
    if (offset > body_size || size > body_size - offset) return false;
    while (size > 0) {
        const std::uint64_t index = offset / payload_;
        const std::size_t whole = std::min<std::uint64_t>(payload_, body_size - index * payload_);
        const auto value = transaction_.get(environment_.tables().parts, part_key(number, index));
        if (!value || value->size() != whole + sum_bytes) return false;
        std::uint64_t sum;
        std::memcpy(&sum, value->data(), sum_bytes);
        if (sum != checksum(value->substr(sum_bytes), seed(number, index))) return false;
        const std::size_t skip = offset - index * payload_;
        const std::size_t now = std::min(size, whole - skip);
        std::memcpy(to, value->data() + sum_bytes + skip, now);
        to += now;
        offset += now;
        size -= now;
    }
    return true;
}

std::uint64_t Parts::erase(std::uint64_t number, std::uint64_t at_most) {
    const KeyBytes first = part_key(number, 0);
    std::vector<std::string> keys;
    {
        Cursor cursor(transaction_, environment_.tables().parts);
        bool there = cursor.seek(first);
        while (there && keys.size() < at_most && number_at(cursor.key(), 0) == number) {
            transaction_.check_page(cursor.value());
            keys.emplace_back(cursor.key());
            there = cursor.next();
        }
    }
    for (const std::string& key : keys) transaction_.erase(environment_.tables().parts, key);
    return keys.size();
}

bool read_pieces(Parts& parts, std::uint64_t number, std::uint64_t body_size, std::uint64_t offset, std::size_t size,
                 std::vector<Body::Piece>& pieces) {
    constexpr std::size_t most = 64 * 1024;
    while (size > 0) {
        const std::size_t now = std::min(size, most);
        Body::Piece piece{std::make_shared_for_overwrite<char[]>(now), now};
        if (!parts.read(number, body_size, offset, piece.data.get(), now)) return false;
        pieces.push_back(std::move(piece));
        offset += now;
        size -= now;
    }
    return true;
}

}  // namespace larder::storage::disk
