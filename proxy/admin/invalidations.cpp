#include "proxy/admin/invalidations.h"

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <variant>

#include "config/config.h"
#include "config/pattern.h"
#include "proxy/admin/json_body.h"
#include "proxy/identify.h"
#include "proxy/invalidate.h"
#include "proxy/shared.h"
#include "proxy/timestamp.h"

namespace larder::proxy::admin {
namespace {

namespace json = boost::json;

const std::string types =
    "expected SINGLE_KEY (with cache_key), PATTERN_MATCH (cache_key_pattern), TAG_BASED (tags) or MANUAL_FLUSH";

[[noreturn]] void refuse(std::string detail) {
    throw Mistake{std::move(detail)};
}

const json::string* text(const json::object& body, std::string_view name) {
    const auto* value = body.if_contains(name);
    if (!value) return nullptr;
    if (!value->is_string()) refuse(std::string(name) + ": expected a string");
    return &value->get_string();
}

const json::string& needed(const json::object& body, std::string_view name, std::string_view type) {
    const auto* value = text(body, name);
    if (!value || value->empty()) refuse(std::string(name) + ": missing; " + std::string(type) + " needs it");
    return *value;
}

void only(const json::object& body, std::initializer_list<std::string_view> own) {
    static constexpr std::string_view common[] = {"invalidation_type", "mode", "dry_run", "invalidation_reason"};
    for (const auto& member : body) {
        const std::string_view name(member.key().data(), member.key().size());
        const bool known = std::find(own.begin(), own.end(), name) != own.end() ||
                           std::find(std::begin(common), std::end(common), name) != std::end(common);
        if (!known) refuse(std::string(name) + ": no such field for this invalidation_type");
    }
}

std::shared_ptr<policy::Invalidation> single_key(const Shared& shared, const json::object& body) {
    only(body, {"cache_key"});
    const auto& written = needed(body, "cache_key", "SINGLE_KEY");
    auto key = key_of_url(shared, {written.data(), written.size()});
    if (!key) refuse("cache_key: expected an absolute URL such as http://api.example.com/api/workouts/42");
    return policy::Invalidation::single_key(std::move(*key), shared.hash_seed, shared.searches.variances());
}

std::shared_ptr<policy::Invalidation> pattern(const json::object& body) {
    only(body, {"cache_key_pattern"});
    const auto& written = needed(body, "cache_key_pattern", "PATTERN_MATCH");
    auto parsed = config::parse_pattern({written.data(), written.size()});
    if (const auto* error = std::get_if<config::PatternError>(&parsed)) {
        refuse("cache_key_pattern: at byte " + std::to_string(error->position) + " found " + error->found +
               "; expected " + error->expected);
    }
    return policy::Invalidation::pattern(std::get<config::PathPattern>(std::move(parsed)));
}

// Whose word it is.
enum class From { client, process };

std::shared_ptr<policy::Invalidation> tagged(const json::object& body, From from) {
    if (from == From::client) only(body, {"tags"});
    const auto* value = body.if_contains("tags");
    const auto* list = value ? value->if_array() : nullptr;
    if (!list || list->empty()) refuse("tags: expected a list of at least one tag");
    if (from == From::client && list->size() > 1000) refuse("tags: expected at most 1000 tags in one call");
    std::vector<std::string> tags;
    for (const auto& tag : *list) {
        if (!tag.is_string() || tag.get_string().empty()) refuse("tags: expected strings that are not empty");
        tags.emplace_back(tag.get_string().data(), tag.get_string().size());
    }
    const auto* origin = from == From::process ? text(body, "origin") : nullptr;
    // Of one origin: the groups that a write named.
    return origin ? policy::Invalidation::grouped(tags, std::string(*origin)) : policy::Invalidation::tagged(tags);
}

std::shared_ptr<policy::Invalidation> flush(const Shared& shared, const json::object& body) {
    only(body, {"strategy_name", "layer_name"});
    std::optional<config::LayerName> layer;
    if (const auto* name = text(body, "layer_name")) {
        const std::string_view wanted(name->data(), name->size());
        const auto running = shared.running();
        for (const Tier& tier : running->tiers->all()) {
            const auto layer_name = tier.settings.layer_name;
            if (wanted == config::word(layer_name)) layer = layer_name;
        }
        if (!layer) refuse("layer_name: no active layer has that name");
    }
    std::optional<std::string> strategy;
    if (const auto* name = text(body, "strategy_name")) {
        strategy.emplace(name->data(), name->size());
        const auto running = shared.running();
        const auto& all = running->strategies.all();
        const bool known = std::any_of(all.begin(), all.end(), [&](const auto& s) { return s.name == *strategy; });
        if (!known) refuse("strategy_name: no active strategy is called " + *strategy);
    }
    auto made = policy::Invalidation::flush(std::move(strategy));
    made->layer = layer;
    return made;
}

std::shared_ptr<policy::Invalidation> parse(const Shared& shared, const json::object& body, From from) {
    if (!body.if_contains("invalidation_type")) refuse("invalidation_type: missing; " + types);
    const auto& type = needed(body, "invalidation_type", "every invalidation");
    std::shared_ptr<policy::Invalidation> made;
    if (type == "SINGLE_KEY") {
        made = single_key(shared, body);
    } else if (type == "PATTERN_MATCH") {
        made = pattern(body);
    } else if (type == "TAG_BASED") {
        made = tagged(body, from);
    } else if (type == "MANUAL_FLUSH") {
        made = flush(shared, body);
    } else {
        refuse("invalidation_type: " + types);
    }
    if (const auto* mode = text(body, "mode")) {
        if (*mode != "hard" && *mode != "soft") refuse("mode: expected hard or soft");
        if (*mode == "soft") made->erasure = storage::Erasure::soft;
    }
    if (const auto* reason = text(body, "invalidation_reason"); reason && reason->size() > 1000) {
        refuse("invalidation_reason: expected at most 1000 characters");
    }
    if (const auto* dry = body.if_contains("dry_run")) {
        if (!dry->is_bool()) refuse("dry_run: expected true or false");
        if (dry->get_bool()) made->erasure = storage::Erasure::dry_run;
    }
    return made;
}

std::string receipt_text(Shared& shared, const json::object& body, const policy::Invalidation& invalidation,
                         const InvalidationReceipt& receipt) {
    json::object answer;
    boost::uuids::random_generator random;
    answer["id"] = boost::uuids::to_string(random());
    answer["invalidation_type"] = policy::word(invalidation.type);
    const auto* mode = body.if_contains("mode");
    answer["mode"] = mode ? mode->get_string() : json::string("hard");
    answer["dry_run"] = invalidation.erasure == storage::Erasure::dry_run;
    answer["keys_invalidated_count"] = receipt.count;
    answer["invalidated_keys"] = json::array(receipt.keys.begin(), receipt.keys.end());
    answer["state"] = "done";
    answer["durable"] = receipt.durable;
    json::array layers;
    for (const auto& layer : receipt.layers) {
        layers.push_back(json::object{{"layer_name", config::word(layer.layer_name)},
                                      {"technology", config::word(layer.technology)},
                                      {"count", layer.count},
                                      {"failed", layer.failed}});
    }
    answer["layers"] = std::move(layers);
    std::string now;
    append_whole_seconds(now, shared.clock.unix_milliseconds(Steady::now()));
    answer["invalidated_at"] = now;
    return json::serialize(answer) + "\n";
}

}  // namespace

Task<AdminResponse> answer_invalidation(Shared& shared, std::string_view body) {
    json::object object;
    std::shared_ptr<policy::Invalidation> invalidation;
    auto refused = read_object(body, [&](const json::object& said) {
        object = said;
        invalidation = parse(shared, said, From::client);
        invalidation->order = json::serialize(said);
    });
    if (refused) co_return std::move(*refused);
    const Executor executor = co_await asio::this_coro::executor;
    const auto receipt =
        co_await invalidate(executor, shared, invalidation, shared.running()->config.limits.invalidated_keys_listed);
    if (invalidation->erasure != storage::Erasure::dry_run) {
        const auto* reason = text(object, "invalidation_reason");
        shared.events.emit("invalidated",
                           {{"invalidation_type", std::string(policy::word(invalidation->type))},
                            {"count", static_cast<std::int64_t>(receipt.count)},
                            {"reason", reason ? std::string(reason->data(), reason->size()) : std::string()}});
    }
    AdminResponse response;
    response.body = receipt_text(shared, object, *invalidation, receipt);
    co_return response;
}

Task<void> apply_order(Executor executor, Shared& shared, std::string order) {
    std::shared_ptr<policy::Invalidation> invalidation;
    json::error_code error;
    json::parse_options options;
    options.allow_invalid_utf8 = true;  // a field value of an origin need not be UTF-8
    const json::value said = json::parse(order, error, {}, options);
    if (!error && said.is_object()) {
        try {
            invalidation = parse(shared, said.get_object(), From::process);
        } catch (const Mistake&) {
            // Of another configuration.
        }
    }
    if (!invalidation) invalidation = policy::Invalidation::flush(std::nullopt);
    co_await invalidate_here(executor, shared, invalidation, 0);
}

}  // namespace larder::proxy::admin
