// Reads field values with Larder's parsers, for grammar.py: a line PARSER, a tab and the value in hexadecimal in, a
// line with what was read out.
#include <iostream>
#include <string>

#include "policy/cache_control.h"
#include "policy/conditional.h"
#include "policy/date.h"
#include "policy/negotiation.h"
#include "policy/part.h"
#include "policy/range.h"
#include "policy/structured.h"
#include "policy/trace_context.h"
#include "policy/vary.h"

namespace {

using namespace larder;

std::string unhex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
    }
    return out;
}

std::string hex(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

policy::Fields field(std::string_view name, std::string_view value) {
    policy::Fields fields;
    fields.add(name, policy::trimmed(value));
    return fields;
}

template <class T>
std::string shown(const std::optional<T>& value) {
    return value ? std::to_string(*value) : "-";
}

std::string cache_control(const std::string& value) {
    const auto said = policy::parse_response_directives(field("Cache-Control", value));
    std::string out;
    for (const bool flag : {said.no_store, said.is_public, said.must_revalidate, said.proxy_revalidate,
                            said.must_understand, said.no_cache, said.is_private, said.malformed}) {
        out += flag ? '1' : '0';
    }
    for (const auto& seconds : {said.max_age, said.s_maxage, said.stale_while_revalidate, said.stale_if_error}) {
        out += ' ' + shown(seconds);
    }
    for (const auto* names : {&said.no_cache_fields, &said.private_fields}) {
        out += " [";
        for (const std::string& name : *names) out += name + ",";
        out += "]";
    }
    return out;
}

std::string range(const std::string& value) {
    const auto selection = policy::select_ranges("GET", field("Range", value), 100);
    if (selection.outcome == policy::RangeOutcome::whole) return "whole";
    if (selection.outcome == policy::RangeOutcome::unsatisfiable) return "unsatisfiable";
    std::string out;
    for (const auto& one : selection.ranges) out += std::to_string(one.first) + '-' + std::to_string(one.last) + ' ';
    return out;
}

std::string content_range(const std::string& value) {
    const auto found = policy::content_range(field("Content-Range", value));
    if (!found) return "none";
    return std::to_string(found->range.first) + ' ' + std::to_string(found->range.last) + ' ' + shown(found->complete);
}

std::string string_list(const std::string& value) {
    const auto list = policy::parse_string_list(value);
    if (!list) return "none";
    std::string out = "list";
    for (const std::string& text : *list) out += ' ' + hex(text) + '.';
    return out;
}

std::string dictionary(const std::string& value) {
    const auto members = policy::parse_dictionary(value);
    if (!members) return "none";
    std::string out = "dictionary";
    for (const auto& member : *members) {
        out += ' ' + member.key + ':' + std::to_string(static_cast<int>(member.kind)) + ':' +
               std::to_string(member.integer) + ':' + hex(member.text);
        for (const std::string& text : member.texts) out += '/' + hex(text);
    }
    return out;
}

std::string vary(const std::string& value) {
    const auto names = policy::vary_names(field("Vary", value));
    if (!names) return "nothing matches";
    std::string out = "names";
    for (const std::string& name : *names) out += ' ' + name;
    return out;
}

std::string languages(const std::string& value) {
    std::string out;
    return policy::canonical_languages(out, policy::trimmed(value), {}) ? "languages " + out : "as it is";
}

std::string none_match(const std::string& value) {
    storage::Object object;
    object.etag = "W/\"a,b\"";
    const auto found = policy::evaluate("GET", field("If-None-Match", value), object, 0);
    return found == policy::Precondition::not_modified ? "304" : "200";
}

std::string read(const std::string& parser, const std::string& value) {
    constexpr storage::UnixTime now = 1'800'000'000;
    if (parser == "date") return shown(policy::parse_http_date(value, now));
    if (parser == "cache-control") return cache_control(value);
    if (parser == "range") return range(value);
    if (parser == "content-range") return content_range(value);
    if (parser == "string-list") return string_list(value);
    if (parser == "dictionary") return dictionary(value);
    if (parser == "vary") return vary(value);
    if (parser == "languages") return languages(value);
    if (parser == "if-none-match") return none_match(value);
    if (parser == "traceparent") return policy::has_trace_parent(field("traceparent", value)) ? "yes" : "no";
    return "no such parser";
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const std::size_t tab = line.find('\t');
        std::cout << read(line.substr(0, tab), unhex(std::string_view(line).substr(tab + 1))) << '\n';
    }
}
