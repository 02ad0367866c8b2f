#include "policy/key.h"

#include "policy/cookies.h"
#include "policy/digits.h"

namespace larder::policy {
namespace {

void append_encoded(std::string& out, std::string_view value) {
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f || c == '%') {
            append_percent(out, c);
        } else {
            out += c;
        }
    }
}

}  // namespace

storage::KeyView make_key(std::string& out, std::string_view scheme, std::string_view authority, std::string_view text,
                          const Fields& request, const config::StrategyConfiguration& strategy,
                          std::uint64_t hash_seed) {
    out.assign(scheme);
    out += "://";
    out += authority;
    const auto offset = static_cast<std::uint32_t>(out.size());
    out += text;
    for (const std::string& name : strategy.key_fields) {
        out += ' ';
        out += name;
        char before = '=';
        for (const Field& field : request) {
            if (!same_name(field.name, name)) continue;
            // Lines that are not one list stay apart; no value holds a line feed.
            before == '=' ? out += before : out += "%0A";
            before = ' ';
            append_encoded(out, field.value);
        }
    }
    for (const std::string& name : strategy.key_cookies) {
        out += " Cookie.";
        out += name;
        if (const auto value = cookie(request, name)) {
            out += '=';
            append_encoded(out, *value);
        }
    }
    return {out, storage::hash_key(out, hash_seed), offset};
}

std::size_t path_offset(std::string_view key_text) {
    const std::size_t scheme = key_text.find("://");
    if (scheme == std::string_view::npos) return std::string_view::npos;
    return key_text.find('/', scheme + 3);
}

std::string_view authority_of(std::string_view key_text, std::size_t offset) {
    const std::size_t begin = key_text.find("://") + 3;
    return key_text.substr(begin, offset - begin);
}

std::string_view path_of(std::string_view key_text, std::size_t offset) {
    const std::string_view rest = key_text.substr(offset);
    return rest.substr(0, rest.find_first_of("? "));
}

}  // namespace larder::policy
