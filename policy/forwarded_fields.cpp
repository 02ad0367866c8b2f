#include "policy/forwarded_fields.h"

#include <algorithm>

#include "policy/cookies.h"
#include "policy/end_to_end.h"
#include "policy/vary.h"

namespace larder::policy {
namespace {

constexpr std::size_t kept_bytes = 1024;  // of one text, for the next request of a connection

bool named(const std::vector<std::string>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& other) { return same_name(other, name); });
}

bool is_routes_own(const config::RequestFields* route, std::string_view name) {
    if (!route) return false;
    return named(route->remove, name) || std::any_of(route->set.begin(), route->set.end(),
                                                     [&](const auto& set) { return same_name(set.first, name); });
}

// unkeyed_fields: drop. What decides a stored response, and what has rules of its own: credentials, content, ranges.
bool is_declared(const config::StrategyConfiguration& strategy, const RequestField& field, std::string_view name) {
    using Known = KnownField;
    switch (field.known) {
        case Known::accept_encoding:
        case Known::accept_language:
        case Known::authorization:
        case Known::cache_control:
        case Known::pragma:
            return true;
        default:
            break;
    }
    if (field.role == FieldRole::condition || field.role == FieldRole::cookie) return true;
    if (same_name(name.substr(0, 8), "content-")) return true;
    if (named(strategy.key_fields, name) || named(strategy.personal_fields, name)) return true;
    return std::any_of(strategy.vary.begin(), strategy.vary.end(),
                       [&](const auto& policy) { return same_name(policy.first, name); });
}

// A list as the operator declares it to be: white space around commas, empty members and the split into lines have no
// meaning (RFC 9110 section 5.6.1).
void append_list(std::string& out, std::string_view value) {
    const std::size_t begin = out.size();
    for_each_element(value, [&](std::string_view element) {
        if (out.size() > begin) out += ", ";
        out += element;
        return true;
    });
}

}  // namespace

void ForwardedFields::clear() {
    roles_.clear();
    present_.reset();
    seen_.reset();
    several_.reset();
    received_ = nullptr;
    fields_.clear();
    chains_.clear();
    std::erase_if(made_, [](const auto& text) { return text->capacity() > kept_bytes; });
    used_ = 0;
}

std::string& ForwardedFields::new_text() {
    if (used_ == made_.size()) made_.push_back(std::make_unique<std::string>());
    std::string& text = *made_[used_++];
    text.clear();
    return text;
}

const char* ForwardedFields::read(const Fields& received, bool drops_ambiguous) {
    clear();
    received_ = &received;
    const HopByHop hop_by_hop(received);
    roles_.reserve(received.size());
    bool chained = false;
    for (const Field& line : received) {
        RequestField field = request_field(line.name);
        const bool ambiguous = drops_ambiguous && field.number == 0 && has_ambiguous_name(line.name);
        if (ambiguous || hop_by_hop.is_named(line.name)) {
            field = {FieldRole::connection};
        } else if (field.number != 0) {
            if (seen_[field.number]) {
                if (field.is_singleton) return "a field that has one value comes twice";
                several_.set(field.number);
            }
            seen_.set(field.number);
        }
        present_.set(static_cast<std::size_t>(field.known));
        chained = chained || field.role == FieldRole::written;
        roles_.push_back(field);
    }
    if (!chained) return nullptr;
    for (std::size_t i = 0; i < received.size(); ++i) {
        if (roles_[i].role != FieldRole::written || chains_.has(received[i].name)) continue;
        std::string_view value = received[i].value;
        if (received.count(received[i].name) > 1) value = new_text() = *received.combined(received[i].name);
        chains_.add(received[i].name, value);
    }
    return nullptr;
}

std::string_view ForwardedFields::value(KnownField known) {
    if (!has(known)) return {};
    const auto first =
        std::find_if(roles_.begin(), roles_.end(), [&](const RequestField& field) { return field.known == known; });
    return joined(static_cast<std::size_t>(first - roles_.begin()), ", ");
}

std::string_view ForwardedFields::joined(std::size_t first, std::string_view between) {
    const Fields& received = *received_;
    if (!several_[roles_[first].number]) return received[first].value;
    std::string& text = new_text();
    for (std::size_t i = first; i < received.size(); ++i) {
        if (roles_[i].number != roles_[first].number) continue;
        if (i != first) text += between;
        text += received[i].value;
    }
    return text;
}

void ForwardedFields::settle(const ForwardingRules& rules) {
    seen_.reset();
    fields_.reserve(received_->size());
    for (std::size_t i = 0; i < received_->size(); ++i) settle_one(i, rules);
    if (rules.route) {
        // The operator's own words, which outlive the request as the configuration does.
        for (const auto& [name, value] : rules.route->set) fields_.add(name, value);
    }
    if (!rules.written) return;
    for (const Field& field : *rules.written) fields_.add(field.name, new_text() = field.value);
}

void ForwardedFields::settle_one(std::size_t i, const ForwardingRules& rules) {
    const RequestField& field = roles_[i];
    const auto& [name, value] = (*received_)[i];
    switch (field.role) {
        case FieldRole::connection:
        case FieldRole::claim:
        case FieldRole::written:
            return;
        case FieldRole::trace:
            if (rules.new_trace) return;
            break;
        case FieldRole::override:
            if (rules.reads) return;  // a cacheable request means what its method says
            break;
        case FieldRole::cookie:
            return settle_cookie(i, rules);
        case FieldRole::condition:
            if (rules.no_ranges && (field.known == KnownField::range || field.known == KnownField::if_range)) return;
            break;
        default:
            break;
    }
    if (is_routes_own(rules.route, name)) return;
    const config::StrategyConfiguration* const strategy = rules.reads ? rules.strategy : nullptr;
    const bool drops = strategy && rules.storable && strategy->unkeyed_fields == config::UnkeyedFields::drop;
    if (drops && !is_declared(*strategy, field, name)) return;
    if (field.is_list) {
        if (seen_[field.number]) return;
        seen_.set(field.number);
        const bool encodings = field.known == KnownField::accept_encoding;
        const std::string* const normalised = encodings                                    ? rules.encodings
                                              : field.known == KnownField::accept_language ? rules.languages
                                                                                           : nullptr;
        if (normalised) {
            // An empty Accept-Encoding says that no coding is wanted, an empty Accept-Language nothing.
            if (encodings || !normalised->empty()) fields_.add(name, *normalised);
            return;
        }
    }
    const bool negotiated = field.known == KnownField::accept_encoding || field.known == KnownField::accept_language;
    const bool as_list = strategy && !strategy->vary.empty() && !negotiated &&
                         (field.is_list || field.role == FieldRole::plain) &&
                         vary_policy(*strategy, name) == config::VaryPolicy::normalise;
    if (!as_list) {
        fields_.add(name, field.is_list ? joined(i, ", ") : value);
    } else if (!fields_.has(name)) {
        std::string& text = new_text();
        append_list(text, *received_->combined(name));
        fields_.add(name, text);
    }
}

void ForwardedFields::settle_cookie(std::size_t i, const ForwardingRules& rules) {
    const std::string_view name = (*received_)[i].name;
    if (seen_[roles_[i].number] || is_routes_own(rules.route, name)) return;
    seen_.set(roles_[i].number);
    const std::string_view all = joined(i, "; ");
    if (!rules.reads || !rules.strategy) {
        fields_.add(name, all);
        return;
    }
    std::string& keyed = new_text();
    const auto cookies = forwarded_cookies(keyed, all, *rules.strategy);
    if (cookies == ForwardedCookies::none) return;
    fields_.add(name, cookies == ForwardedCookies::as_received ? all : std::string_view(keyed));
}

void ForwardedFields::own(const ForwardedFields& other) {
    clear();
    present_ = other.present_;
    const auto copy = [&](const Fields& from, Fields& to) {
        for (const Field& field : from) {
            std::string& text = new_text();
            text.append(field.name).append(field.value);
            const std::string_view both = text;
            to.add(both.substr(0, field.name.size()), both.substr(field.name.size()));
        }
    };
    copy(other.fields_, fields_);
    copy(other.chains_, chains_);
}

}  // namespace larder::policy
