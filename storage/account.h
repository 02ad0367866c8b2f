// What the bodies of responses hold of this process's memory, and who answers for it: one account for all of them.
//
// Every piece of a body is charged here when it is made and given back when its last holder lets go of it
// (storage/piece.h), so the sums are what is there. A layer bounds what it holds by itself; all other bytes are
// *outside*: bodies on their way into a layer, those that clients are still being sent after a layer let go of them,
// those that wait in a layer's queue, and request content that is kept. max_outside() bounds these together.
//
// Any thread, no lock. The account outlives everything that is charged to it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace larder::storage {

class Account {
  public:
    // What a reservation is for. Content that clients send may hold a quarter of the bound, so that it cannot keep
    // responses from being stored.
    enum class Purpose { fill, content };

    explicit Account(std::uint64_t max_outside = ~std::uint64_t{0} / 2) : max_outside_(max_outside) {}
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    std::uint64_t max_outside() const { return max_outside_.load(std::memory_order_relaxed); }
    // What is there already stays.
    void change_max_outside(std::uint64_t bytes) { max_outside_.store(bytes, std::memory_order_relaxed); }

    std::uint64_t outside() const { return positive(outside_); }
    std::uint64_t in_layers() const { return positive(in_layers_); }
    // Of outside(): what reservations for this purpose have taken, in use or not.
    std::uint64_t reserved(Purpose purpose) const { return positive(reserved_[index(purpose)]); }
    // Of outside(): what no reservation answers for.
    std::uint64_t pinned() const {
        const std::uint64_t all = outside();
        return all - std::min(all, reserved(Purpose::fill) + reserved(Purpose::content));
    }
    // So near its bound that whoever can do with less should.
    bool tight() const { return outside() > max_outside() / 4 * 3; }

    // Of pinned(): what is about to be given back, since those who hold it were told to end.
    std::uint64_t leaving() const { return positive(leaving_); }
    void expect(std::uint64_t bytes) { add_to(leaving_, bytes); }
    void expected(std::uint64_t bytes) { take_from(leaving_, bytes); }

  private:
    friend class Reservation;
    friend class Piece;
    using Sum = std::atomic<std::int64_t>;

    static std::size_t index(Purpose purpose) { return static_cast<std::size_t>(purpose); }
    static std::uint64_t positive(const Sum& sum) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(sum.load(std::memory_order_relaxed), 0));
    }
    static void add_to(Sum& sum, std::uint64_t bytes) {
        sum.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
    }
    static void take_from(Sum& sum, std::uint64_t bytes) {
        sum.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
    }
    static bool take_within(Sum& sum, std::uint64_t bytes, std::uint64_t max) {
        std::int64_t now = sum.load(std::memory_order_relaxed);
        do {
            const auto used = static_cast<std::uint64_t>(std::max<std::int64_t>(now, 0));
            if (used > max || bytes > max - used) return false;
        } while (!sum.compare_exchange_weak(now, now + static_cast<std::int64_t>(bytes), std::memory_order_relaxed));
        return true;
    }

    bool reserve(std::uint64_t bytes, Purpose purpose) {
        const std::uint64_t max = max_outside();
        Sum& reserved = reserved_[index(purpose)];
        if (!take_within(reserved, bytes, purpose == Purpose::content ? max / 4 : max)) return false;
        if (take_within(outside_, bytes, max)) return true;
        take_from(reserved, bytes);
        return false;
    }
    void add(std::uint64_t bytes) { add_to(outside_, bytes); }
    void give(std::uint64_t bytes) { take_from(outside_, bytes); }
    void enter_layer(std::uint64_t bytes) {
        add_to(in_layers_, bytes);
        take_from(outside_, bytes);
    }
    void leave_layer(std::uint64_t bytes) {
        add_to(outside_, bytes);
        take_from(in_layers_, bytes);
    }

    std::atomic<std::uint64_t> max_outside_;
    alignas(64) Sum outside_{0};
    std::array<Sum, 2> reserved_{};
    alignas(64) Sum in_layers_{0};
    Sum leaving_{0};
};

// Bytes taken of an account before they are made, all or nothing. What is not used is given back with the reservation;
// what a piece was made of is then the piece's alone. Belongs to one thread at a time.
class Reservation {
  public:
    Reservation(Account& account, Account::Purpose purpose) : account_(&account), purpose_(purpose) {}
    ~Reservation() { end(); }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    Reservation(Reservation&& other) noexcept
        : account_(other.account_),
          purpose_(other.purpose_),
          unused_(std::exchange(other.unused_, 0)),
          total_(std::exchange(other.total_, 0)) {}

    Account& account() const { return *account_; }
    std::uint64_t unused() const { return unused_; }
    // So many unused bytes. False: the account has no room for them, and nothing has changed.
    bool ensure(std::uint64_t bytes) {
        if (bytes <= unused_) return true;
        const std::uint64_t more = bytes - unused_;
        if (!account_->reserve(more, purpose_)) return false;
        unused_ += more;
        total_ += more;
        return true;
    }
    void end() {
        Account::take_from(account_->reserved_[Account::index(purpose_)], std::exchange(total_, 0));
        account_->give(std::exchange(unused_, 0));
    }

  private:
    friend class Piece;
    // How much of it is covered.
    std::uint64_t use(std::uint64_t bytes) {
        const std::uint64_t covered = std::min(bytes, unused_);
        unused_ -= covered;
        return covered;
    }

    Account* account_;
    Account::Purpose purpose_;
    std::uint64_t unused_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace larder::storage
