#include <boost/json.hpp>
#include <iostream>

#include "proxy/cli/admin_client.h"
#include "proxy/cli/amounts.h"
#include "proxy/cli/table.h"

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

json::object question(const Explain& what) {
    json::object body{{"method", what.method}, {"url", what.url}};
    body["fields"] = json::array(what.fields.begin(), what.fields.end());
    if (!what.content.empty()) body["content"] = what.content;
    if (what.status != 0 || !what.response_fields.empty()) {
        json::object response{{"status", what.status == 0 ? 200 : what.status}};
        response["fields"] = json::array(what.response_fields.begin(), what.response_fields.end());
        body["response"] = std::move(response);
    }
    return body;
}

std::string text(const json::object& object, const char* name) {
    const json::value& value = object.at(name);
    return value.is_string() ? json::value_to<std::string>(value) : json::serialize(value);
}

void line(const char* name, const std::string& value) {
    std::cout << name << std::string(14 - std::string_view(name).size(), ' ') << value << '\n';
}

std::string seconds(const json::object& object, const char* name) {
    return text(object, name) + " s";
}

// One step a line, as in RFC 9111 section 4.2.
void print_lifetime(const char* title, const json::object& of) {
    line(title,
         "status " + text(of, "status") + ", came in " + text(of, "response_time") + ", Date " + text(of, "date"));
    line("", "lifetime " + seconds(of, "freshness_lifetime") + " from " + text(of, "freshness_from") + " (" +
                 text(of, "freshness_clause") + ")" +
                 (of.at("freshness_capped").as_bool() ? ", cut by the strategy" : ""));
    line("", "age " + seconds(of, "age") + " (of it on arrival " + seconds(of, "initial_age") + "), so " +
                 (of.at("fresh").as_bool() ? "fresh for " : "stale: ") + seconds(of, "ttl"));
    if (of.at("invalidated").as_bool()) line("", "softly purged: stale whatever its age");
    line("", of.at("must_revalidate").as_bool()
                 ? std::string("never served stale")
                 : "stale it may be served for " + seconds(of, "stale_while_revalidate") +
                       " while it is refreshed, for " + seconds(of, "stale_if_error") + " when the origin fails");
    for (const json::value& field : of.at("vary").as_array()) {
        line("", "for requests with " + text(field.as_object(), "name") + ": " + text(field.as_object(), "value"));
    }
    std::string tags;
    for (const json::value& tag : of.at("tags").as_array()) tags += " " + json::value_to<std::string>(tag);
    if (!tags.empty()) line("", "tags" + tags);
}

void print_verdict(const char* name, const json::object& of) {
    line(name, text(of, "verdict") + " (" + text(of, "clause") + ")");
}

void print(const json::object& said) {
    line("outcome", text(said, "outcome") + ": " + text(said, "why"));
    if (said.contains("status")) line("status", text(said, "status"));
    if (!said.contains("upstream")) return;
    line("Cache-Status", text(said, "cache_status"));
    line("upstream", text(said, "upstream"));
    bool first = true;
    for (const json::value& value : said.at("strategies").as_array()) {
        const json::object& one = value.as_object();
        const std::string name = text(one, "strategy_name") + "  " + text(one, "cache_key_pattern");
        line(first ? "strategy" : "", first ? name : "before " + name + ": " + text(one, "behind_because"));
        first = false;
    }
    if (!said.contains("cache_key")) return;
    line("key", text(said, "cache_key"));
    if (said.contains("found_under")) line("found under", text(said, "found_under") + " (No-Vary-Search)");
    for (const json::value& value : said.at("layers").as_array()) {
        const json::object& one = value.as_object();
        line("layer", text(one, "layer_name") + " (" + text(one, "technology") + "): " + text(one, "answer") + ", " +
                          text(one, "variants") + " stored" + (one.at("asked").as_bool() ? "" : "; not asked"));
    }
    print_verdict("request", said.at("request_storable").as_object());
    if (const auto* stored = said.if_contains("stored")) print_lifetime("stored", stored->as_object());
    if (const auto* response = said.if_contains("response_storable")) {
        print_verdict("response", response->as_object());
        if (const auto* kept = response->as_object().if_contains("as_stored")) print_lifetime("", kept->as_object());
    }
}

}  // namespace

int explain(const AdminTarget& target, const Explain& what) {
    return run_verb("explain", [&] {
        const AdminAnswer answer = call(target, "POST", "/v1/explain", json::serialize(question(what)));
        const std::string& body = succeeded(answer);
        if (what.json) {
            std::cout << body;
        } else {
            print(object_in(body));
        }
    });
}

}  // namespace larder::proxy::cli
