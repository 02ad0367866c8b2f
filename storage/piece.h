// A piece of a body: bytes in memory that are charged to an account for as long as anybody holds them.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "storage/account.h"
#include "storage/charge.h"

namespace larder::storage {

// Copies share the bytes. They are written before the piece is shown to anybody else, and never again: after that any
// thread may read them.
class Piece {
  public:
    Piece() = default;
    // New bytes, not initialised; charged in any case.
    Piece(Account& account, std::size_t bytes) { make(account, bytes); }
    // Out of what was reserved; what exceeds it is charged in any case.
    Piece(Reservation& reservation, std::size_t bytes) {
        make(reservation.account(), bytes);
        reservation.account().give(reservation.use(charge_of(bytes)));
    }

    std::shared_ptr<char[]> data;
    std::size_t size = 0;

    // Some of its bytes. They hold the memory of all.
    Piece part(std::size_t begin, std::size_t bytes) const {
        assert(begin + bytes <= size);
        Piece piece(*this);
        piece.data = std::shared_ptr<char[]>(data, data.get() + begin);
        piece.size = bytes;
        return piece;
    }
    // Its bytes lie right behind the other's.
    bool continues(const Piece& other) const {
        return same_block(other) && other.data.get() + other.size == data.get();
    }
    bool same_block(const Piece& other) const { return block_ == other.block_; }

    // What the memory of a piece that is made with so many bytes costs.
    static constexpr std::uint64_t charge_of(std::size_t bytes);
    // The same of this one's memory, of which it may be a part.
    std::uint64_t charge() const { return block_ ? std::uint64_t{block_->charge_units} * 16 : 0; }
    // No layer holds its memory.
    bool outside() const { return block_ && block_->layers.load(std::memory_order_relaxed) == 0; }

    // For layers: as often left as entered.
    void enter_layer() const {
        if (!block_ || block_->layers.fetch_add(1, std::memory_order_acq_rel) > 0) return;
        block_->account.enter_layer(charge());
    }
    void leave_layer() const {
        if (!block_ || block_->layers.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
        block_->account.leave_layer(charge());
    }

  private:
    struct Block {
        Account& account;
        const std::uint32_t charge_units;
        std::atomic<std::uint32_t> layers{0};
    };
    struct alignas(16) Unit {
        char bytes[16];
    };
    static_assert(sizeof(Block) == sizeof(Unit));
    static constexpr std::size_t units(std::size_t bytes) { return 1 + (bytes + sizeof(Unit) - 1) / sizeof(Unit); }
    static constexpr std::size_t counts = 48;  // what allocate_shared adds to an array in libstdc++

    // Charges with the memory, and gives back with it.
    template <class T>
    struct Allocator {
        using value_type = T;
        explicit Allocator(Account& of) : account(&of) {}
        template <class U>
        Allocator(const Allocator<U>& other) : account(other.account) {}

        T* allocate(std::size_t n) {
            static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
            T* const memory = static_cast<T*>(::operator new(n * sizeof(T)));
            account->add(block_charge(n * sizeof(T)));
            return memory;
        }
        void deallocate(T* memory, std::size_t n) {
            ::operator delete(memory, n * sizeof(T));
            account->give(block_charge(n * sizeof(T)));
        }
        template <class U>
        bool operator==(const Allocator<U>& other) const {
            return account == other.account;
        }

        Account* account;
    };

    void make(Account& account, std::size_t bytes) {
        auto memory = std::allocate_shared_for_overwrite<Unit[]>(Allocator<Unit>(account), units(bytes));
        block_ = new (memory.get()) Block{account, static_cast<std::uint32_t>(charge_of(bytes) / 16)};
        char* const first = memory[1].bytes;
        data = std::shared_ptr<char[]>(std::move(memory), first);
        size = bytes;
    }

    Block* block_ = nullptr;  // in the memory that `data` holds
};

constexpr std::uint64_t Piece::charge_of(std::size_t bytes) {
    return block_charge(units(bytes) * sizeof(Unit) + counts);
}

}  // namespace larder::storage
