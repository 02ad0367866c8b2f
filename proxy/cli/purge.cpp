#include <boost/json.hpp>
#include <iostream>

#include "proxy/cli/admin_client.h"

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

std::vector<json::object> calls(const Purge& what) {
    std::vector<json::object> all;
    for (const auto& url : what.urls) all.push_back({{"invalidation_type", "SINGLE_KEY"}, {"cache_key", url}});
    if (!what.pattern.empty()) {
        all.push_back({{"invalidation_type", "PATTERN_MATCH"}, {"cache_key_pattern", what.pattern}});
    }
    if (!what.tags.empty()) {
        all.push_back({{"invalidation_type", "TAG_BASED"}, {"tags", json::array(what.tags.begin(), what.tags.end())}});
    }
    if (what.all) all.push_back({{"invalidation_type", "MANUAL_FLUSH"}});
    for (auto& call : all) {
        if (what.soft) call["mode"] = "soft";
        if (what.dry_run) call["dry_run"] = true;
        if (!what.reason.empty()) call["invalidation_reason"] = what.reason;
    }
    return all;
}

void print(const json::object& receipt) {
    const bool dry = receipt.at("dry_run").as_bool();
    std::cout << (dry ? "would purge " : "purged ") << receipt.at("keys_invalidated_count") << " ("
              << receipt.at("invalidation_type").as_string().c_str() << ", " << receipt.at("mode").as_string().c_str()
              << ")\n";
    for (const auto& key : receipt.at("invalidated_keys").as_array())
        std::cout << "  " << key.as_string().c_str() << '\n';
    if (receipt.at("keys_invalidated_count").to_number<std::uint64_t>() > 0) return;
    if (receipt.at("invalidation_type").as_string() == "SINGLE_KEY") {
        std::cerr << "nothing is stored for that URL: its host and port must be those that clients used (`larder keys` "
                     "shows what is there)\n";
    }
}

}  // namespace

int purge(const AdminTarget& target, const Purge& what) {
    const auto all = calls(what);
    if (what.all && all.size() > 1) {
        std::cerr << "larder purge: --all is everything; give it alone, or URLs, --pattern and --tag without it\n";
        return 2;
    }
    if (all.empty()) {
        std::cerr << "larder purge: nothing named; give URLs, --pattern, --tag or --all\n";
        return 2;
    }
    return run_verb("purge", [&] {
        for (const auto& body : all) {
            const AdminAnswer answer = call(target, "POST", "/v1/invalidations", json::serialize(body));
            const std::string& receipt = succeeded(answer);
            if (what.json) {
                std::cout << receipt;
            } else {
                print(object_in(receipt));
            }
        }
    });
}

}  // namespace larder::proxy::cli
