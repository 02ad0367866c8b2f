#include <boost/json.hpp>
#include <iostream>

#include "proxy/cli/admin_client.h"
#include "proxy/cli/amounts.h"
#include "proxy/cli/statistics.h"
#include "proxy/cli/table.h"

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

double value(const json::object& row, const char* name) {
    return row.at(name).to_number<double>();
}

std::string count(const json::object& row, const char* name) {
    return count_text(value(row, name));
}

std::string hits(const json::object& row) {
    const json::value& share = row.at("hit_ratio");
    return share.is_null() ? "-" : share_text(share.to_number<double>(), 1);
}

void print_strategies(const json::object& all) {
    Table table({{"STRATEGY"},
                 {"REQUESTS", true},
                 {"FROM CACHE", true},
                 {"HIT", true},
                 {"STALE", true},
                 {"MISS", true},
                 {"BYPASS", true},
                 {"ERROR", true}});
    const auto add = [&](const std::string& name, const json::object& row) {
        table.add({name, count(row, "requests"), hits(row), count(row, "hit"), count(row, "stale"), count(row, "miss"),
                   count(row, "bypass"), count(row, "error")});
    };
    for (const json::value& row : all.at("strategies").as_array()) {
        add(std::string(row.at("strategy").as_string()), row.as_object());
    }
    add("all", all);
    table.print(std::cout);
}

void print_layers(const json::object& all) {
    Table table({{"LAYER"},
                 {"OBJECTS", true},
                 {"SIZE", true},
                 {"LOOKUPS", true},
                 {"FOUND", true},
                 {"EVICTIONS", true},
                 {"ERRORS", true}});
    for (const json::value& each : all.at("layers").as_array()) {
        const json::object& row = each.as_object();
        const double lookups = value(row, "hits") + value(row, "misses");
        table.add({std::string(row.at("layer_name").as_string()), count(row, "objects"), size_text(value(row, "bytes")),
                   count_text(lookups), share_text(value(row, "hits"), lookups), count(row, "evictions"),
                   count(row, "errors")});
    }
    table.print(std::cout);
}

void print_upstreams(const json::object& all) {
    Table table({{"UPSTREAM"},
                 {"RESPONSES", true},
                 {"2XX", true},
                 {"3XX", true},
                 {"4XX", true},
                 {"5XX", true},
                 {"ERRORS", true}});
    for (const json::value& each : all.at("upstreams").as_array()) {
        const json::object& row = each.as_object();
        table.add({std::string(row.at("upstream").as_string()), count(row, "responses"), count(row, "2xx"),
                   count(row, "3xx"), count(row, "4xx"), count(row, "5xx"), count(row, "errors")});
    }
    table.print(std::cout);
}

void print_invalidations(const json::object& all) {
    Table table({{"INVALIDATIONS"}, {"COUNT", true}, {"KEYS", true}});
    for (const json::value& each : all.at("invalidations").as_array()) {
        const json::object& row = each.as_object();
        table.add({std::string(row.at("invalidation_type").as_string()), count(row, "count"), count(row, "keys")});
    }
    table.print(std::cout);
}

void print_rest(const json::object& all) {
    std::cout << "connections:";
    for (const auto& [side, open] : all.at("connections").as_object()) {
        std::cout << ' ' << std::string_view(side) << ' ' << count_text(open.to_number<double>());
    }
    std::cout << "\nmemory:";
    for (const auto& [part, bytes] : all.at("memory").as_object()) {
        std::cout << ' ' << std::string_view(part) << ' ' << size_text(bytes.to_number<double>());
    }
    std::cout << "\nfills in flight: " << count(all, "fills_in_flight")
              << "; requests that joined another's fetch: " << count(all, "followers") << '\n';
}

}  // namespace

int stats(const AdminTarget& target, bool as_json) {
    return run_verb("stats", [&] {
        const AdminAnswer answer = call(target, "GET", "/metrics", {}, false);
        const json::object all = statistics(Samples(succeeded(answer)));
        if (as_json) {
            std::cout << json::serialize(all) << '\n';
            return;
        }
        print_strategies(all);
        std::cout << '\n';
        print_layers(all);
        std::cout << '\n';
        print_upstreams(all);
        std::cout << '\n';
        print_invalidations(all);
        std::cout << '\n';
        print_rest(all);
    });
}

}  // namespace larder::proxy::cli
