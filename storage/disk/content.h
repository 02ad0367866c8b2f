// What is stored, seen through one transaction: keys, objects and bodies with all that hangs on them.
//
// Values that fail their check are as if they were not there, and are told of by damaged(). In a transaction that
// writes their record is removed at once; what pointed to it is skipped, and removed where it is met.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/disk/environment.h"
#include "storage/disk/parts.h"
#include "storage/disk/pins.h"
#include "storage/disk/record.h"

namespace larder::storage::disk {

// The value in `keys`.
struct KeyEntry {
    std::vector<std::uint64_t> numbers;  // of its variants, the most recent first
    UnixTime created_at = 0;
    UnixTime last_accessed = 0;  // 0: never
    UnixTime indexed = 0;        // its place in `recency`
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t bytes = 0;  // of all variants, about
    double inflation = 0;     // CUSTOM: L of GDSF as of its last use
};

// The one value in `meta`.
struct About {
    std::uint32_t version = format_version;
    std::uint64_t seed_fingerprint = 0;
    std::uint64_t next_number = 1;
    double inflation = 0;  // CUSTOM: L of GDSF
};

struct Variant {
    std::uint64_t number;
    Record record;
};

class Content {
  public:
    // `pins`: bodies that must stay; null: none.
    Content(Environment& environment, Transaction::Mode mode, const Pins* pins = nullptr)
        : environment_(environment),
          transaction_(environment, mode),
          mode_(mode),
          parts_(environment, transaction_),
          pins_(pins) {}

    Transaction& transaction() { return transaction_; }
    const Tables& tables() const { return environment_.tables(); }
    Parts& parts() { return parts_; }
    const std::vector<std::uint64_t>& damaged() const { return damaged_; }

    std::optional<About> about();
    void put_about(const About&);

    std::optional<KeyEntry> key(const KeyHash&);
    std::optional<Record> load(std::uint64_t number);
    std::vector<Variant> variants(const KeyEntry&);

    // The body of a record, whole. Null: missing or damaged.
    std::shared_ptr<const Body> body(Account&, std::uint64_t number, const Record&);

    // For those that write. The numbers of a key are the caller's to keep.
    void put_key(const KeyHash&, const KeyEntry&);
    void put_object(std::uint64_t number, Record&);
    // The same head but for `lifetime.invalidated`, under the same number.
    void invalidate(std::uint64_t number, Record&);
    // Its body stays if another record has it now.
    void drop_object(std::uint64_t number, const Record&, bool with_body = true);
    // An object and its place in its key; the key too, when nothing is left of it. False: it was not there.
    bool remove(std::uint64_t number);
    // A key with all its variants. Returns how many there were.
    std::uint64_t remove_key(const KeyHash&, const KeyEntry&);
    void drop_key(const KeyView&, const KeyEntry&);
    void index_recency(const KeyHash&, UnixTime);
    // Makes (time, key) its place in `recency`.
    void place(const KeyHash&, KeyEntry&, UnixTime);
    // Parts of bodies whose record is gone, about so many at most. False: there are none left, but for pinned ones.
    bool sweep_unowned(std::uint64_t at_most);
    // A body without a record, for the moment: swept unless one takes it.
    void disown(std::uint64_t body_number);
    void own(std::uint64_t body_number);

    // An object that was there is not, or looks different.
    bool dropped() const { return dropped_; }
    // What it has written and freed since the transaction began, in half pages, roughly.
    std::uint64_t cost() const { return cost_; }
    void spend(std::uint64_t half_pages) { cost_ += half_pages; }

  private:
    bool pinned(std::uint64_t body_number) const { return pins_ && pins_->held(body_number); }
    void note_damage(std::uint64_t number);

    Environment& environment_;
    Transaction transaction_;
    const Transaction::Mode mode_;
    Parts parts_;
    const Pins* const pins_;
    std::vector<std::uint64_t> damaged_;
    bool dropped_ = false;
    std::uint64_t cost_ = 0;
};

}  // namespace larder::storage::disk
