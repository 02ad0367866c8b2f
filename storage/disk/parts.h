// Bodies, and heads that are too long for a record, in equal parts: each value fills one page exactly, so that LMDB
// never looks for pages that lie side by side, and any free page will do.
//
// The key is (number, index); the value a checksum, which knows both, and the bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "storage/disk/environment.h"
#include "storage/object.h"

namespace larder::storage::disk {

// Hands out a body's bytes from the front.
class BodyBytes {
  public:
    explicit BodyBytes(const std::vector<Body::Piece>& pieces) : piece_(pieces.begin()), end_(pieces.end()) {}
    // False: there are fewer.
    bool copy(char* to, std::size_t size);

  private:
    std::vector<Body::Piece>::const_iterator piece_;
    std::vector<Body::Piece>::const_iterator end_;
    std::size_t offset_ = 0;
};

class Parts {
  public:
    Parts(Environment& environment, Transaction& transaction)
        : environment_(environment), transaction_(transaction), payload_(environment.part_bytes() - 8) {}

    std::size_t payload() const { return payload_; }  // bytes of a body in a part
    std::uint64_t count(std::uint64_t size) const { return (size + payload_ - 1) / payload_; }

    // The parts [first, behind) of so many bytes, which `bytes` is at.
    void write(std::uint64_t number, std::uint64_t size, BodyBytes& bytes, std::uint64_t first, std::uint64_t behind);
    void write(std::uint64_t number, std::string_view bytes);

    // The bytes [offset, offset + size) of a body; false: something of it is missing or damaged.
    bool read(std::uint64_t number, std::uint64_t body_size, std::uint64_t offset, char* to, std::size_t size);

    // How many were there, at most so many.
    std::uint64_t erase(std::uint64_t number, std::uint64_t at_most);

  private:
    struct Span;

    bool fetch(std::vector<Span>&) const;
    bool fetch_run(std::span<Span>, std::uint64_t place) const;
    char* add(std::uint64_t number, std::uint64_t index, std::size_t size);

    Environment& environment_;
    Transaction& transaction_;
    const std::size_t payload_;
};

// The bytes that parts hold, in pieces of at most 64 KiB; false as of Parts::read.
bool read_pieces(Parts&, Account&, std::uint64_t number, std::uint64_t body_size, std::uint64_t offset,
                 std::size_t size, std::vector<Body::Piece>& pieces);

}  // namespace larder::storage::disk
