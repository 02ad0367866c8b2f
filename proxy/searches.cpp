#include "proxy/searches.h"

#include <algorithm>
#include <fstream>

#include "policy/digits.h"
#include "policy/key_parts.h"
#include "storage/key.h"

namespace larder::proxy {
namespace {

constexpr std::string_view run_begins = "run ";  // a line: from here on a process serves that knows what is above it
constexpr std::size_t most_text = 1024;          // a longer URL answers itself alone

}  // namespace

const Searches::Known* Searches::known(std::uint64_t id) const {
    const std::size_t count = count_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < count; ++i) {
        if (known_[i].id == id) return &known_[i];
    }
    return nullptr;
}

const Searches::Known* Searches::admit(policy::SearchVariance variance, policy::Sequence since) {
    const std::uint64_t id = policy::variance_id(variance, seed_);
    if (const Known* const there = known(id)) return there;
    const std::lock_guard lock(mutex_);
    if (const Known* const there = known(id)) return there;
    const std::size_t count = count_.load(std::memory_order_relaxed);
    if (count == max_variances) return nullptr;
    known_[count] = {std::move(variance), id, since};
    append(std::to_string(since) + " " + policy::field_value(known_[count].variance));
    count_.store(count + 1, std::memory_order_release);
    return &known_[count];
}

void Searches::keep(std::string file) {
    std::ifstream in(file);
    policy::Sequence newest_run = 0;
    for (std::string line; std::getline(in, line);) {
        const std::size_t space = line.find(' ');
        if (line.starts_with(run_begins)) {
            const auto run = policy::parse_decimal(std::string_view(line).substr(run_begins.size()));
            newest_run = std::max(newest_run, run.value_or(0));
            continue;
        }
        const auto since = policy::parse_decimal(std::string_view(line).substr(0, space));
        if (!since || space == std::string::npos) continue;
        policy::Fields fields;
        fields.add("No-Vary-Search", std::string_view(line).substr(space + 1));
        auto variance = policy::search_variance(fields);
        if (!variance) continue;
        // Two processes may serve at a time, and one come to know it that the other does not: only what came after both
        // was in reach of both.
        const Known* const there = known(policy::variance_id(*variance, seed_));
        const policy::Sequence in_reach = std::max(*since, newest_run);
        if (there) {
            Known& again = known_[static_cast<std::size_t>(there - known_.data())];
            again.since = std::max(again.since, in_reach);
        } else {
            admit(std::move(*variance), in_reach);
        }
    }
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
    append(std::string(run_begins) + std::to_string(first_ticket_));
}

// One line, at once: a process that dies leaves what it has stored, and this.
void Searches::append(std::string line) const {
    if (file_.empty()) return;
    line += '\n';
    std::ofstream(file_, std::ios::app).write(line.data(), static_cast<std::streamsize>(line.size()));
}

std::optional<std::string> Searches::mark(std::string_view key_text, const policy::Fields& response) {
    auto variance = policy::search_variance(response);
    if (!variance) return std::nullopt;
    const Known* const known = admit(std::move(*variance), first_ticket_);
    return known ? std::optional(policy::search_mark(known->variance, key_text, seed_)) : std::nullopt;
}

bool Searches::covers(const storage::Object& object) const {
    const auto id = policy::marked_variance(object.tags);
    if (!id) return true;
    const Known* const there = known(*id);
    return there && object.ticket >= there->since;
}

std::vector<policy::SearchVariance> Searches::variances() const {
    std::vector<policy::SearchVariance> all;
    const std::size_t count = count_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < count; ++i) all.push_back(known_[i].variance);
    return all;
}

std::string Searches::canonical(std::string_view key_text, const Known& known) const {
    const policy::KeyParts key(key_text);
    std::string text(key.prefix);
    text.append("?").append(policy::canonical_search(key.query, known.variance)).append(key.fields);
    return text.append("\n").append(std::to_string(known.id));
}

Searches::Stored& Searches::slot(std::string_view canonical) const {
    return (*stored_)[storage::hash_key(canonical, seed_).low % slots];
}

void Searches::learn(std::string_view key_text, const policy::Fields& response) {
    if (!response.has("No-Vary-Search")) return;
    auto variance = policy::search_variance(response);
    const Known* const known = variance ? admit(std::move(*variance), first_ticket_) : nullptr;
    if (!known || key_text.size() > most_text) return;
    std::string text = canonical(key_text, *known);
    if (text.size() > most_text) return;
    const std::lock_guard lock(mutex_);
    Stored& stored = slot(text);
    stored.canonical = std::move(text);
    stored.key_text = key_text;
}

std::string Searches::equivalent(std::string_view key_text) const {
    const std::size_t count = count_.load(std::memory_order_acquire);
    if (count == 0 || key_text.size() > most_text) return {};
    for (std::size_t i = 0; i < count; ++i) {
        const std::string text = canonical(key_text, known_[i]);
        const std::lock_guard lock(mutex_);
        const Stored& stored = slot(text);
        if (stored.canonical == text && stored.key_text != key_text) return stored.key_text;
    }
    return {};
}

}  // namespace larder::proxy
