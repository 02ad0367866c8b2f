#include <algorithm>
#include <map>

#include "config/address.h"
#include "config/checks.h"
#include "config/pattern.h"
#include "config/units.h"

namespace larder::config {
namespace {

void check_listeners(const Subject& subject) {
    const Config& config = subject.config;
    const bool by_flags = !subject.flags.listen.empty();
    if (subject.complaints.about("listeners") || subject.complaints.about("--listen")) return;
    if (config.listeners.empty()) {
        subject.complain("listeners", "no listener", "at least one: add listeners or --listen");
    }
    const auto complain = [&](std::size_t i, std::string expected) {
        const std::string found = in_quotes(config.listeners[i].address);
        if (by_flags) return subject.complaints.add_flag("--listen", found, std::move(expected));
        subject.complain(element("listeners", i, "address"), found, std::move(expected));
    };
    const auto admin = subject.complaints.about("admin") ? std::nullopt : parse_address(config.admin.address);
    for (std::size_t i = 0; i < config.listeners.size(); ++i) {
        const auto mine = parse_address(config.listeners[i].address);
        if (!mine) continue;
        if (admin && collide(*mine, *admin)) {
            complain(i, "another address than the admin endpoint's, which is " + in_quotes(config.admin.address));
        }
        for (std::size_t k = 0; k < i; ++k) {
            const auto other = parse_address(config.listeners[k].address);
            if (!other || !collide(*mine, *other)) continue;
            complain(i, "an address of its own: " + in_quotes(config.listeners[k].address) +
                            " takes it already; remove one");
            break;
        }
    }
}

// A public client must not reach the admin endpoint through an upstream. Names are compared, not resolved.
void check_servers(const Subject& subject) {
    const Config& config = subject.config;
    const auto admin = parse_address(config.admin.address);
    if (!admin || subject.complaints.about("admin")) return;
    const std::string expected = "a server that is not the admin endpoint, " + in_quotes(config.admin.address) +
                                 ": clients would reach it; change one of the two";
    for_each_server(subject, [&](const Server& server, const std::string& field) {
        if (!reaches(server, *admin)) return;
        if (field.empty()) return subject.complaints.add_flag("--upstream", to_string(server), expected);
        subject.complain(field, to_string(server), expected);
    });
}

void check_upstreams(const Subject& subject) {
    if (subject.complaints.about("upstreams") || subject.complaints.about("--upstream")) return;
    if (subject.config.upstreams.empty()) {
        subject.complain("upstreams", "no upstream", "at least one: add upstreams or --upstream");
        return;
    }
    std::map<std::string, std::size_t> names;
    const Node* upstreams = subject.document.find("upstreams");
    for (std::size_t i = 0; upstreams && i < upstreams->items.size(); ++i) {
        const std::string& name = upstreams->items[i].find("name")->text;
        const auto [first, is_new] = names.emplace(name, i);
        if (is_new) continue;
        subject.complain(
            element("upstreams", i, "name"), "a second " + in_quotes(name),
            "a name of its own: " + subject.line_of(element("upstreams", first->second, "name")) + " has this one");
    }
    if (names.size() == (upstreams ? upstreams->items.size() : 0)) check_servers(subject);
}

// Whether the path's literal beginning goes through the whole prefix.
bool goes_through(const PathPattern& path, std::string_view prefix) {
    std::string literal;
    for (const Segment& segment : path.segments) {
        if (segment.kind != Segment::Kind::literal) break;
        literal += "/" + segment.text;
    }
    return (literal + "/").starts_with(std::string(prefix) + "/");
}

void check_routes(const Subject& subject) {
    if (subject.complaints.about("routes")) return;
    const auto& upstreams = subject.config.upstreams;
    std::vector<std::string> names;
    for (const Upstream& upstream : upstreams) names.push_back(upstream.name);
    const bool names_known = !subject.complaints.about("upstreams");
    std::map<std::string, std::size_t> selections;
    for (std::size_t i = 0; i < subject.config.routes.size(); ++i) {
        const Route& route = subject.config.routes[i];
        if (names_known && std::ranges::find(names, route.upstream) == names.end()) {
            subject.complain(element("routes", i, "upstream"), in_quotes(route.upstream),
                             "the name of an upstream" + did_you_mean(nearest(route.upstream, names)));
        }
        const auto parsed = parse_pattern(route.path);
        const auto* pattern = std::get_if<PathPattern>(&parsed);
        if (!pattern) continue;
        if (!route.strip_prefix.empty() && !goes_through(*pattern, route.strip_prefix)) {
            subject.complain(element("routes", i, "strip_prefix"), in_quotes(route.strip_prefix),
                             "a beginning of the route's path " + in_quotes(route.path) + ", up to a slash");
        }
        const auto [first, is_new] = selections.emplace(route.host + tie_key(*pattern), i);
        if (is_new) continue;
        subject.complain(element("routes", i), in_quotes(route.host + route.path),
                         "another host or path: the route in " + subject.line_of(element("routes", first->second)) +
                             " selects the same requests; remove one of them");
    }
}

}  // namespace

void check_network(const Subject& subject) {
    check_listeners(subject);
    check_upstreams(subject);
    check_routes(subject);
    const Limits& limits = subject.config.limits;
    if (!subject.complaints.about("limits") && limits.request_line_bytes > limits.request_head_bytes) {
        subject.complain("limits.request_line_bytes", show_size(limits.request_line_bytes),
                         "at most request_head_bytes, which is " + show_size(limits.request_head_bytes));
    }
}

}  // namespace larder::config
