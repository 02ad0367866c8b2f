#include <boost/json.hpp>
#include <chrono>
#include <iostream>

#include "proxy/cli/admin_client.h"
#include "proxy/cli/amounts.h"
#include "proxy/cli/table.h"
#include "proxy/percent.h"

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

std::string path_of(const Keys& what, std::size_t limit, const std::string& cursor) {
    std::string path = "/v1/keys?limit=" + std::to_string(limit);
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) path.append(1, '&').append(name).append(1, '=').append(percent_encoded(value));
    };
    add("prefix", what.prefix);
    add("strategy_name", what.strategy);
    add("tag", what.tag);
    add("resource_type", what.type);
    add("cursor", cursor);
    return path;
}

std::string text(const json::object& key, const char* name) {
    const json::value& value = key.at(name);
    return value.is_string() ? std::string(value.get_string()) : std::string();
}

// How far a time is away from now; "-": never.
std::string distance(const json::object& key, const char* name, int direction, std::int64_t now) {
    const auto then = unix_time(text(key, name));
    return then ? duration_text(direction * (*then - now)) : "-";
}

void add_row(Table& table, const json::object& key, std::int64_t now) {
    std::string layers;
    for (const json::value& layer : key.at("layers").as_array()) {
        layers += (layers.empty() ? "" : ",") + std::string(layer.as_string());
    }
    table.add({text(key, "cache_key"), text(key, "strategy_name"),
               size_text(key.at("data_size_bytes").to_number<double>()),
               count_text(key.at("hit_count").to_number<double>()), distance(key, "created_at", -1, now),
               key.at("is_active").as_bool() ? distance(key, "expires_at", 1, now) : "stale", layers});
}

void print(const Keys& what, const AdminTarget& target) {
    constexpr std::size_t page = 1000;
    Table table({{"KEY"}, {"STRATEGY"}, {"SIZE", true}, {"HITS", true}, {"AGE", true}, {"EXPIRES", true}, {"LAYERS"}});
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    std::string cursor;
    std::size_t seen = 0;
    do {
        const std::size_t limit = what.limit == 0 ? page : std::min(page, what.limit - seen);
        const AdminAnswer answer = call(target, "GET", path_of(what, limit, cursor));
        const json::object listed = object_in(succeeded(answer));
        for (const json::value& key : listed.at("keys").as_array()) {
            if (what.json) {
                std::cout << (seen == 0 ? "{\"keys\":[\n" : ",\n") << json::serialize(key);
            } else {
                add_row(table, key.as_object(), now);
            }
            ++seen;
        }
        if (!what.json) table.print(std::cout);
        if (const auto* failed = listed.if_contains("failed_layers")) {
            std::cerr << "larder keys: not all of it: these layers do not answer: " << json::serialize(*failed) << '\n';
        }
        cursor = listed.contains("next") ? text(listed, "next") : std::string();
    } while (!cursor.empty() && (what.limit == 0 || seen < what.limit));
    if (what.json) {
        std::cout << (seen == 0 ? "{\"keys\":[]}\n" : "\n]}\n");
    } else if (seen == 0) {
        const bool filtered = !(what.prefix + what.strategy + what.tag + what.type).empty();
        std::cerr << (filtered ? "nothing that is stored matches\n" : "nothing is stored\n");
    }
}

}  // namespace

int keys(const AdminTarget& target, const Keys& what) {
    return run_verb("keys", [&] { print(what, target); });
}

}  // namespace larder::proxy::cli
