// One invalidation: which stored responses it concerns, and what becomes of them. Values from the admin API, the
// command line, or an unsafe method that succeeded (RFC 9111 section 4.4).
//
// Written once, numbered by Tickets::enter(), then only read: any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/pattern.h"
#include "policy/no_vary_search.h"
#include "policy/tickets.h"
#include "storage/selection.h"

namespace larder::policy {

enum class InvalidationType { single_key, pattern_match, tag_based, manual_flush };
const char* word(InvalidationType);

class Invalidation final : public storage::Selection {
  public:
    InvalidationType type = InvalidationType::manual_flush;
    storage::Erasure erasure = storage::Erasure::hard;
    std::optional<config::LayerName> layer;  // applied to this layer alone; nullopt: to all
    Sequence sequence = 0;                   // only objects whose fetch began before it are selected
    std::string order;                       // the same in JSON, for another process; empty: it drops all that it holds

    // SINGLE_KEY: the resource that the URL names, in all its spellings: under both schemes, with or without their
    // default ports; all variants; without key fields in the text, those with any key fields behind it; and what is
    // stored under another query that its own No-Vary-Search makes equal. `variances`: all that stored responses have
    // been marked with (policy/no_vary_search.h): by their marks such responses are found, and no others are looked at,
    // however many the path has.
    static std::shared_ptr<Invalidation> single_key(std::string key_text, std::uint64_t hash_seed,
                                                    const std::vector<SearchVariance>& variances = {});
    // PATTERN_MATCH: host and path of the key, whatever its query.
    static std::shared_ptr<Invalidation> pattern(config::PathPattern);
    // TAG_BASED: whatever carries one of these, by whichever field.
    static std::shared_ptr<Invalidation> tagged(const std::vector<std::string>& names);
    // TAG_BASED: what an origin ("http://api.example.com") has in one of these by Cache-Groups (RFC 9875 section 3).
    static std::shared_ptr<Invalidation> grouped(const std::vector<std::string>& groups, std::string origin);
    // MANUAL_FLUSH: all, or what a strategy stored.
    static std::shared_ptr<Invalidation> flush(std::optional<std::string> strategy_name);

    // For SINGLE_KEY: the same, to be looked up elsewhere too: among keys with fields behind the URL, and by marks. No
    // object is selected by two of them.
    std::vector<std::shared_ptr<const Invalidation>> further() const;

    bool selects(const storage::KeyView& key, const storage::Object& object) const override;
    std::size_t charge() const override;
    // Whether it may select what a fetch brings that began as `ticket` and has no response yet: its tags can be any,
    // and its No-Vary-Search can make all queries of its path equal.
    bool may_select(const storage::KeyView& key, const std::string& strategy_name, Sequence ticket) const;

    // The path of every key that it selects; empty: keys of several paths. As long as this lives.
    std::string_view path() const;
    // The other one selects the same, but for the number, and does the same to it.
    bool same_selection(const Invalidation& other) const;

  private:
    Invalidation() = default;

    static std::shared_ptr<Invalidation> carrying(std::vector<std::string> tags);

    // Of what SINGLE_KEY selects.
    enum class Share { whole, spellings, equivalents };

    bool is_spelling(const storage::KeyView& key) const;
    bool is_on_path(const storage::KeyView& key) const;
    bool is_equivalent(const storage::KeyView& key, const storage::Object& object) const;

    Share share_ = Share::whole;
    std::string key_text_;
    std::size_t path_offset_ = std::string::npos;  // in key_text_; npos: it is no absolute URL
    std::vector<std::string> marks_;
    std::string origin_;  // with a slash behind it
    std::optional<config::PathPattern> pattern_;
    std::optional<std::string> strategy_name_;
};

}  // namespace larder::policy
