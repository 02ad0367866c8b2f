#include "proxy/cli/statistics.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

constexpr const char* requests_total = "larder_requests_total";
constexpr std::array<const char*, 5> results = {"hit", "stale", "miss", "bypass", "error"};

// Served from what was stored, among requests that could have been: those that bypass the cache are no misses.
struct Ratio {
    double served = 0, asked = 0;
};

Ratio ratio(const Samples& samples, const Labels& labels = {}) {
    const auto count = [&](const char* result) {
        Labels wanted = labels;
        wanted["result"] = result;
        return samples.sum(requests_total, wanted);
    };
    Ratio ratio;
    ratio.served = count("hit") + count("stale");
    ratio.asked = ratio.served + count("miss");
    return ratio;
}

json::value number(double value) {
    return static_cast<std::int64_t>(value);
}

json::object requests_json(const Samples& samples, const Labels& labels) {
    json::object object;
    object["requests"] = number(samples.sum(requests_total, labels));
    for (const char* result : results) {
        Labels wanted = labels;
        wanted["result"] = result;
        object[result] = number(samples.sum(requests_total, wanted));
    }
    const Ratio hits = ratio(samples, labels);
    object["hit_ratio"] = hits.asked > 0 ? json::value(hits.served / hits.asked) : json::value(nullptr);
    return object;
}

// "name" -> the value of `label`, and members that are sums of families with it.
struct Member {
    const char* name;
    const char* family;
    Labels labels = {};
};

json::array by_label(const Samples& samples, const char* family, const char* label, const char* name,
                     const std::vector<Member>& members) {
    json::array rows;
    for (const std::string& value : samples.values(family, label)) {
        json::object row{{name, value}};
        for (const Member& member : members) {
            Labels labels = member.labels;
            labels[label] = value;
            row[member.name] = number(samples.sum(member.family, labels));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

json::array layers_json(const Samples& samples) {
    return by_label(samples, "larder_layer_bytes", "layer", "layer_name",
                    {{"bytes", "larder_layer_bytes"},
                     {"objects", "larder_layer_objects"},
                     {"hits", "larder_layer_lookups_total", {{"result", "hit"}}},
                     {"misses", "larder_layer_lookups_total", {{"result", "miss"}}},
                     {"evictions", "larder_evictions_total"},
                     {"errors", "larder_layer_errors_total"}});
}

json::array upstreams_json(const Samples& samples) {
    json::array rows;
    for (const std::string& upstream : samples.values("larder_upstream_errors_total", "upstream")) {
        std::array<double, 6> classes{};
        double all = 0;
        for (const Sample& sample : samples.all()) {
            if (sample.name != "larder_upstream_requests_total" || sample.labels.at("upstream") != upstream) continue;
            const int status = std::clamp(sample.labels.at("status")[0] - '0', 0, 5);
            classes[static_cast<std::size_t>(status)] += sample.value;
            all += sample.value;
        }
        rows.push_back(
            json::object{{"upstream", upstream},
                         {"responses", number(all)},
                         {"2xx", number(classes[2])},
                         {"3xx", number(classes[3])},
                         {"4xx", number(classes[4])},
                         {"5xx", number(classes[5])},
                         {"errors", number(samples.sum("larder_upstream_errors_total", {{"upstream", upstream}}))}});
    }
    return rows;
}

json::object plain(const Samples& samples, const char* family, const char* label) {
    json::object object;
    for (const std::string& value : samples.values(family, label)) {
        object[value] = number(samples.sum(family, {{label, value}}));
    }
    return object;
}

}  // namespace

json::object statistics(const Samples& samples) {
    json::object all = requests_json(samples, {});
    json::array strategies;
    for (const std::string& strategy : samples.values(requests_total, "strategy")) {
        json::object row{{"strategy", strategy}};
        for (const auto& member : requests_json(samples, {{"strategy", strategy}})) row.insert(member);
        strategies.push_back(std::move(row));
    }
    all["strategies"] = std::move(strategies);
    all["layers"] = layers_json(samples);
    all["upstreams"] = upstreams_json(samples);
    all["invalidations"] =
        by_label(samples, "larder_invalidations_total", "type", "invalidation_type",
                 {{"count", "larder_invalidations_total"}, {"keys", "larder_invalidated_keys_total"}});
    all["connections"] = plain(samples, "larder_connections", "side");
    all["memory"] = plain(samples, "larder_memory_bytes", "part");
    all["fills_in_flight"] = number(samples.sum("larder_fills_in_flight"));
    all["followers"] = number(samples.sum("larder_followers_total"));
    return all;
}

}  // namespace larder::proxy::cli
