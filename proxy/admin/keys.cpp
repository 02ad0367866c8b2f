#include "proxy/admin/keys.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <optional>
#include <variant>

#include "policy/field_lines.h"
#include "policy/key.h"
#include "policy/tags.h"
#include "proxy/admin/cursor.h"
#include "proxy/identify.h"
#include "proxy/json.h"
#include "proxy/percent.h"
#include "proxy/registry.h"
#include "proxy/shared.h"
#include "proxy/timestamp.h"

namespace larder::proxy::admin {
namespace {

constexpr std::size_t usual_limit = 100;

struct Wanted {
    storage::KeyFilter filter;
    std::optional<storage::KeyPosition> after;
    std::size_t limit = usual_limit;
};

// Or what is wrong with the query.
std::variant<Wanted, std::string> parse(std::string_view query, std::size_t largest_limit) {
    const auto parameters = query_parameters(query);
    if (!parameters) return "The query has a % that is not followed by two hexadecimal digits.";
    Wanted wanted;
    for (const auto& [name, value] : *parameters) {
        storage::KeyFilter& filter = wanted.filter;
        if (name == "prefix") {
            filter.prefix = value;
        } else if (name == "strategy_name") {
            filter.strategy_name = value;
        } else if (name == "resource_type") {
            filter.resource_type = value;
        } else if (name == "resource_id") {
            filter.resource_id = value;
        } else if (name == "tag") {
            filter.tags = policy::tags_named(value);
        } else if (name == "limit") {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), wanted.limit);
            if (error != std::errc() || end != value.data() + value.size() || wanted.limit == 0) {
                return "limit: expected a number from 1 to " + std::to_string(largest_limit);
            }
        } else if (name == "cursor") {
            wanted.after = position_of(value);
            if (!wanted.after) return "cursor: expected the `next` of a page";
        } else {
            return name + ": no such parameter; expected prefix, strategy_name, resource_type, resource_id, tag, " +
                   "limit or cursor";
        }
    }
    wanted.limit = std::min(wanted.limit, largest_limit);
    return wanted;
}

void append_time(JsonObject& object, std::string_view name, storage::UnixTime time) {
    if (time == 0) {
        object.null(name);
        return;
    }
    std::string text;
    append_whole_seconds(text, time * 1000);
    object.text(name, text);
}

void append_text_or_null(JsonObject& object, std::string_view name, std::string_view value) {
    if (value.empty()) {
        object.null(name);
    } else {
        object.text(name, value);
    }
}

std::string metadata_json(const storage::Object& newest) {
    std::string out;
    JsonObject object(out);
    object.number("status", static_cast<unsigned>(newest.status));
    append_text_or_null(object, "content_type", policy::value_in(newest.fields, "content-type"));
    append_text_or_null(object, "etag", newest.etag);
    object.texts("tags", policy::tag_names(newest.tags)).close();
    return out;
}

void append_key(std::string& out, const RegistryRow& row, const Tiers& tiers, storage::UnixTime now) {
    const storage::KeyRow& key = row.key;
    std::vector<std::string_view> layers;
    for (const std::size_t tier : row.tiers) layers.push_back(config::word(tiers.settings(tier).layer_name));
    JsonObject object(out);
    object.text("cache_key", key.text)
        .text("strategy_name", key.newest->strategy_name)
        .text("resource_type", key.newest->resource_type);
    append_text_or_null(object, "resource_id", key.newest->resource_id);
    object.number("data_size_bytes", key.data_size)
        .number("stored_size_bytes", key.stored_size)
        .number("hit_count", key.use.hit_count)
        .number("miss_count", key.use.miss_count);
    append_time(object, "last_accessed", key.use.last_accessed);
    append_time(object, "expires_at", key.expires_at);
    append_time(object, "created_at", key.use.created_at);
    object.boolean("is_active", key.fresh && key.expires_at > now)
        .texts("layers", layers)
        .json("key_metadata", metadata_json(*key.newest))
        .close();
}

std::string page_json(const RegistryPage& page, const Tiers& tiers, storage::UnixTime now) {
    std::string out = "{\"keys\":[";
    for (const RegistryRow& row : page.rows) {
        if (&row != &page.rows.front()) out += ",\n";
        append_key(out, row, tiers, now);
    }
    out += ']';
    if (page.behind) {
        out += ",\"next\":\"" + cursor_of(*page.behind) + '"';
    }
    if (!page.failed.empty()) {
        out += ",\"failed_layers\":[";
        for (const std::size_t tier : page.failed) {
            if (out.back() != '[') out += ',';
            append_json_string(out, config::word(tiers.settings(tier).layer_name));
        }
        out += ']';
    }
    return out + "}\n";
}

std::optional<storage::KeyPosition> position(std::string text) {
    const std::size_t path = policy::path_offset(text);
    if (path == std::string::npos) return std::nullopt;
    return storage::KeyPosition{std::move(text), static_cast<std::uint32_t>(path)};
}

// The texts under which a key may be stored: as its URL is normalised, and as it is written, should a strategy have
// selected less of its query at the time.
std::vector<storage::KeyPosition> spellings(const Shared& shared, const std::string& written) {
    std::vector<storage::KeyPosition> all;
    if (auto normalised = key_of_url(shared, written)) {
        if (auto there = position(std::move(*normalised))) all.push_back(std::move(*there));
    }
    auto exact = position(written);
    if (exact && (all.empty() || all.front().text != exact->text)) all.push_back(std::move(*exact));
    return all;
}

}  // namespace

Task<AdminResponse> answer_keys(Shared& shared, std::string_view query) {
    const auto running = shared.running();
    auto parsed = parse(query, running->config.limits.keys_listed);
    if (const auto* mistake = std::get_if<std::string>(&parsed)) co_return problem(400, *mistake);
    Wanted& wanted = std::get<Wanted>(parsed);
    const Tiers& tiers = *running->tiers;
    const Executor executor = co_await asio::this_coro::executor;
    const RegistryPage page =
        co_await list_keys(executor, tiers, std::move(wanted.filter), std::move(wanted.after), wanted.limit);
    AdminResponse response;
    response.body = page_json(page, tiers, shared.clock.unix_time());
    co_return response;
}

Task<AdminResponse> answer_key(Shared& shared, std::string_view segment, std::string_view query) {
    if (!query.empty()) {
        co_return problem(400, "Percent-encode the whole key, a question mark as %3F: this call takes no query.");
    }
    const auto written = percent_decoded(segment);
    if (!written) co_return problem(400, "The key has a % that is not followed by two hexadecimal digits.");
    const auto running = shared.running();
    const Tiers& tiers = *running->tiers;
    const Executor executor = co_await asio::this_coro::executor;
    const std::vector<storage::KeyPosition> texts = spellings(shared, *written);
    std::optional<RegistryRow> row;
    for (std::size_t i = 0; i < texts.size() && !row; ++i) {
        row = co_await describe_key(executor, tiers, texts[i]);
    }
    if (!row) {
        co_return problem(404, texts.empty() ? "A key begins with an absolute URL such as http://api.example.com/a."
                                             : "No layer holds this key. GET /v1/keys?prefix= lists those that there "
                                               "are, with their fields behind the URL.");
    }
    AdminResponse response;
    append_key(response.body, *row, tiers, shared.clock.unix_time());
    response.body += '\n';
    co_return response;
}

}  // namespace larder::proxy::admin
