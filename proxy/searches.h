// What No-Vary-Search has made known: under which stored key a response answers URLs that differ from its own in query
// parameters that do not count. Responses stay stored under the URL that they were fetched for; this says where to look
// second.
//
// Two fixed tables, direct-mapped: another URL with the same slot takes it over, which costs a hit and nothing else.
// They are not kept over a restart. Key texts of more than 1 KiB are not learnt, so that all of it stays below 16 MiB.
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "policy/fields.h"
#include "policy/no_vary_search.h"

namespace larder::proxy {

class Searches {
  public:
    // A response for this key text is about to be stored. What it says of its query holds from now on for all of its
    // path; also that it says nothing.
    void learn(std::string_view key_text, const policy::Fields& response);

    // The key text of a stored response that this one may be answered with too; empty: none is known. It may have gone
    // meanwhile, and another may stand there.
    std::string equivalent(std::string_view key_text) const;

  private:
    static constexpr std::size_t slots = 4096;
    using Variance = std::shared_ptr<const policy::SearchVariance>;

    struct Path {
        std::string text;  // a key text up to its query
        Variance variance;
    };
    struct Stored {
        std::string canonical;
        std::string key_text;
    };

    std::atomic<bool> any_{false};
    mutable std::mutex mutex_;
    std::unique_ptr<std::array<Path, slots>> paths_ = std::make_unique<std::array<Path, slots>>();       // under mutex_
    std::unique_ptr<std::array<Stored, slots>> stored_ = std::make_unique<std::array<Stored, slots>>();  // under mutex_
};

}  // namespace larder::proxy
