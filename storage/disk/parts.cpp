#include "storage/disk/parts.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <sys/uio.h>

#include "storage/disk/bytes.h"
#include "storage/disk/record.h"

namespace larder::storage::disk {

namespace {

constexpr std::size_t sum_bytes = 8;
constexpr std::size_t page_head_bytes = 16;  // LMDB's

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

// A part as it is read: where it lies, and where its bytes go.
struct Parts::Span {
    Bytes value;
    std::uint64_t index;
    char* payload;
    std::uint64_t sum = 0;

    std::size_t size() const { return value.size() - sum_bytes; }
};

bool Parts::read(std::uint64_t number, std::uint64_t body_size, std::uint64_t offset, char* to, std::size_t size) {
    if (offset > body_size || size > body_size - offset) return false;
    std::vector<Span> spans;
    std::string first, last;  // parts of which not all is wanted
    const std::uint64_t behind = offset + size;
    Cursor cursor(transaction_, environment_.tables().parts);
    for (std::uint64_t at = offset; at < behind;) {
        const std::uint64_t index = at / payload_, begin = index * payload_;
        const std::uint64_t end = std::min<std::uint64_t>(begin + payload_, body_size);
        const KeyBytes key = part_key(number, index);
        const bool there = spans.empty() ? cursor.seek(key) : cursor.next();
        if (!there || cursor.key() != Bytes(key) || cursor.value().size() != end - begin + sum_bytes) return false;
        char* payload = to + (at - offset);
        if (begin < offset || end > behind) {
            std::string& part = begin < offset ? first : last;
            part.resize(end - begin);
            payload = part.data();
        }
        spans.push_back({cursor.value(), index, payload});
        at = end;
    }
    if (!fetch(spans)) return false;
    for (const Span& span : spans) {
        if (span.sum != checksum({span.payload, span.size()}, seed(number, span.index))) return false;
    }
    if (!first.empty()) {
        const std::size_t skip = offset % payload_;
        std::memcpy(to, first.data() + skip, std::min(size, first.size() - skip));
    }
    if (!last.empty()) {
        const std::size_t left = behind % payload_;
        std::memcpy(to + size - left, last.data(), left);
    }
    return true;
}

// False: the file is shorter.
bool Parts::fetch(std::vector<Span>& spans) const {
    constexpr std::size_t most_in_a_run = 256;  // three pieces each, of which a call takes 1024
    const std::size_t page = environment_.page_bytes();
    const bool ask = environment_.warmth().ask();
    for (std::size_t begin = 0, end; begin < spans.size(); begin = end) {
        end = begin + 1;
        const auto place = ask ? environment_.place(spans[begin].value) : std::nullopt;
        if (!place) {
            Span& span = spans[begin];
            std::memcpy(&span.sum, span.value.data(), sum_bytes);
            std::memcpy(span.payload, span.value.data() + sum_bytes, span.size());
            continue;
        }
        while (end < spans.size() && end - begin < most_in_a_run &&
               spans[end].value.data() == spans[end - 1].value.data() + page) {
            ++end;
        }
        if (!fetch_run({spans.data() + begin, end - begin}, *place)) return false;
    }
    return true;
}

// Those lie side by side in the file.
bool Parts::fetch_run(std::span<Span> spans, std::uint64_t place) const {
    const std::size_t page = environment_.page_bytes();
    char gap[page_head_bytes];
    std::vector<iovec> pieces;
    std::size_t size = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (i > 0) pieces.push_back({gap, page - spans[i - 1].value.size()});
        pieces.push_back({&spans[i].sum, sum_bytes});
        pieces.push_back({spans[i].payload, spans[i].size()});
    }
    for (const iovec& piece : pieces) size += piece.iov_len;
    const auto call = [&](int flags) {
        return ::preadv2(environment_.file(), pieces.data(), static_cast<int>(pieces.size()), static_cast<off_t>(place),
                         flags);
    };
    ssize_t got = call(RWF_NOWAIT);
    const bool in_memory = got == static_cast<ssize_t>(size) || (got < 0 && errno == EOPNOTSUPP);
    environment_.warmth().tell(in_memory);
    if (got != static_cast<ssize_t>(size)) got = call(0);
    if (got < 0) throw Failure(errno);
    return got == static_cast<ssize_t>(size);
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

bool read_pieces(Parts& parts, Account& account, std::uint64_t number, std::uint64_t body_size, std::uint64_t offset,
                 std::size_t size, std::vector<Body::Piece>& pieces) {
    constexpr std::size_t parts_a_piece = 16;
    while (size > 0) {
        // To the end of a part, so that none is read twice.
        const std::size_t most = parts_a_piece * parts.payload() - offset % parts.payload();
        const std::size_t now = std::min(size, most);
        Body::Piece piece(account, now);
        if (!parts.read(number, body_size, offset, piece.data.get(), now)) return false;
        pieces.push_back(std::move(piece));
        offset += now;
        size -= now;
    }
    return true;
}

}  // namespace larder::storage::disk
