// What No-Vary-Search makes of URLs: which variances there are, and under which stored key a response answers URLs that
// differ from its own in query parameters that do not count. Responses stay stored under the URL that they were fetched
// for.
//
// A response whose variance is known here gets a mark (policy/no_vary_search.h) when it is stored; an invalidation
// finds by marks what another URL's response answers. At most 32 variances are known, and none is ever forgotten: what
// says yet another one answers its own URL alone. They are kept in a file beside what is stored; a marked response that
// is older than the knowledge of its variance was out of reach for invalidations, and is not used.
//
// Where to look for an equivalent is a hint: a fixed table, direct-mapped by a seeded hash. Another URL with the same
// slot takes it over, which costs a hit and nothing else. It is not kept over a restart. Key texts of more than 1 KiB
// are not learnt, so that all of it stays below 8 MiB.
//
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"
#include "policy/no_vary_search.h"
#include "policy/tickets.h"
#include "storage/object.h"

namespace larder::proxy {

class Searches {
  public:
    // `first_ticket`: no fetch of this process began before it.
    explicit Searches(std::uint64_t seed, policy::Sequence first_ticket = 0)
        : seed_(seed), first_ticket_(first_ticket) {}

    // Knows from now on what stands in this file, and adds to it what comes to be known. Before there is a second
    // thread. A file that cannot be read or written costs the use of marked responses after a restart.
    void keep(std::string file);

    // The mark of a response to be stored for this key text; nullopt: it says nothing of its query, or has a variance
    // that finds no room. A variance is known when this returns.
    std::optional<std::string> mark(std::string_view key_text, const policy::Fields& response);
    // A response for this key text is about to be stored.
    void learn(std::string_view key_text, const policy::Fields& response);

    // Invalidations have reached it as long as it is stored: it bears no mark, or one that was known from the first.
    bool covers(const storage::Object& object) const;
    // All that marks have been made with.
    std::vector<policy::SearchVariance> variances() const;

    // The key text of a stored response that may answer this one too; empty: none is known. It may have gone meanwhile,
    // and another may stand there: policy::answers_too() is to be asked of what is found.
    std::string equivalent(std::string_view key_text) const;

  private:
    static constexpr std::size_t slots = 4096;
    static constexpr std::size_t max_variances = 32;

    struct Known {
        policy::SearchVariance variance;
        std::uint64_t id = 0;
        policy::Sequence since = 0;  // objects with this ticket or a later one have been in reach from their first day
    };
    struct Stored {
        std::string canonical;
        std::string key_text;
    };

    const Known* known(std::uint64_t id) const;
    const Known* admit(policy::SearchVariance variance, policy::Sequence since);  // null: no room
    std::string canonical(std::string_view key_text, const Known& known) const;
    void append(std::string line) const;  // under mutex_
    Stored& slot(std::string_view canonical) const;

    const std::uint64_t seed_;
    const policy::Sequence first_ticket_;
    std::atomic<std::size_t> count_{0};       // of known_; those below it never change
    std::array<Known, max_variances> known_;  // above count_: under mutex_
    mutable std::mutex mutex_;
    std::string file_;                                                                                   // under mutex_
    std::unique_ptr<std::array<Stored, slots>> stored_ = std::make_unique<std::array<Stored, slots>>();  // under mutex_
};

}  // namespace larder::proxy
