// The small language of the tests about invalidation: fetches, purges, and the real memory layer between them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "policy/field_lines.h"
#include "policy/invalidation.h"
#include "policy/no_vary_search.h"
#include "policy/tickets.h"
#include "tests/storage/memory_fixture.h"

namespace larder::policy {

using InvalidationPtr = std::shared_ptr<Invalidation>;

inline constexpr std::uint64_t test_seed = 1;  // storage::Key hashes with it

inline config::PathPattern pattern_of(std::string_view text) {
    auto parsed = config::parse_pattern(text);
    EXPECT_TRUE(std::holds_alternative<config::PathPattern>(parsed)) << text;
    return std::get<config::PathPattern>(std::move(parsed));
}

inline InvalidationPtr purge_of_key(std::string text, const std::vector<SearchVariance>& variances = {}) {
    return Invalidation::single_key(std::move(text), test_seed, variances);
}
// The response says so; what is stored of it bears the mark.
inline void mark(storage::Object& object, const std::string& url, const std::string& no_vary_search) {
    object.fields += "No-Vary-Search: " + no_vary_search + "\r\n";
    const auto variance = search_variance(fields_in(object.fields));
    ASSERT_TRUE(variance);
    object.tags.push_back(search_mark(*variance, url, test_seed));
}
inline InvalidationPtr purge_of_pattern(std::string_view text) {
    return Invalidation::pattern(pattern_of(text));
}
inline InvalidationPtr purge_of_tags(std::vector<std::string> tags) {
    return Invalidation::tagged(std::move(tags));
}
inline InvalidationPtr purge_of_strategy(std::string name) {
    return Invalidation::flush(std::move(name));
}
inline InvalidationPtr purge_of_all() {
    return Invalidation::flush(std::nullopt);
}

class Purging {
  public:
    explicit Purging(std::size_t backlog = 100) : tickets(backlog) {}

    Tickets tickets;
    storage::Cache cache;

    static std::shared_ptr<storage::Object> response(Sequence ticket, std::vector<std::string> tags = {},
                                                     std::string strategy = "all") {
        auto object = storage::make({.ticket = ticket, .tags = std::move(tags)});
        object->strategy_name = std::move(strategy);
        return object;
    }
    storage::Stored store(const std::string& url, storage::ObjectPtr object, const Tickets::Ticket& ticket) {
        return cache.layer.insert(storage::Key(url).view, std::move(object), ticket, storage::now);
    }
    // Fetched and stored before anything else happens.
    void has_stored(const std::string& url, std::vector<std::string> tags = {}, std::string strategy = "all") {
        const auto ticket = tickets.begin();
        EXPECT_EQ(store(url, response(ticket.sequence(), std::move(tags), std::move(strategy)), ticket),
                  storage::Stored::yes);
    }
    void has_stored_marked(const std::string& url, const std::string& no_vary_search) {
        const auto ticket = tickets.begin();
        const auto object = response(ticket.sequence());
        mark(*object, url, no_vary_search);
        EXPECT_EQ(store(url, object, ticket), storage::Stored::yes);
    }
    // Entered, applied, and with that acknowledged.
    std::uint64_t purge(const InvalidationPtr& invalidation) {
        const auto applying = tickets.enter(invalidation);
        std::uint64_t found = cache.erase(*invalidation, invalidation->erasure);
        for (const auto& other : invalidation->further()) found += cache.erase(*other, invalidation->erasure);
        return found;
    }
};

}  // namespace larder::policy
