#include "policy/fingerprint.h"

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace larder::policy {
namespace {

// FNV-1a (Fowler, Noll, Vo; 64 bits) over a text without two readings: every value is followed by its end, strings and
// lists begin with their length.
class Print {
  public:
    template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T>
    void add(T value) {
        text(std::to_string(static_cast<std::int64_t>(value)));
        text(";");
    }
    void add(std::chrono::seconds value) { add(value.count()); }
    void add(std::string_view value) {
        add(value.size());
        text(value);
    }
    template <class T>
    void add(const std::vector<T>& values) {
        add(values.size());
        for (const T& value : values) add(value);
    }
    template <class T>
    void add(const std::optional<T>& value) {
        add(value.has_value());
        if (value) add(*value);
    }
    void add(const std::string& value) { add(std::string_view(value)); }
    template <class A, class B>
    void add(const std::pair<A, B>& value) {
        add(value.first);
        add(value.second);
    }

    std::uint64_t result() const { return hash_; }

  private:
    void text(std::string_view bytes) {
        for (const char c : bytes) {
            hash_ ^= static_cast<unsigned char>(c);
            hash_ *= 0x100000001b3;
        }
    }
    std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

std::uint64_t fingerprint(std::string_view strategy_name, const Rules& rules) {
    Print print;
    print.add(strategy_name);
    print.add(rules.behavior);
    print.add(rules.ttl);
    // By binding all of them: a new member does not compile before it is added here.
    const auto& [ttl_mode, stale_while_revalidate, stale_if_error, keep, error_ttl_max, store_errors, set_cookie,
                 cookies, request_directives, key_fields, key_cookies, max_object_size, max_variants, lift,
                 cache_status_detail, qualified_directives, cache_control_targets, vary, offered_encodings,
                 offered_languages, range_requests, no_vary_search, content_methods, content_bytes, canonical_json,
                 early_hints, surrogate_fields, personal_fields, unkeyed_fields, implied_vary, store_post,
                 reflection_guard] = rules.configuration;
    print.add(ttl_mode);
    print.add(stale_while_revalidate);
    print.add(stale_if_error);
    print.add(keep);
    print.add(error_ttl_max);
    print.add(store_errors);
    print.add(set_cookie);
    print.add(cookies);
    print.add(request_directives);
    print.add(key_fields);
    print.add(key_cookies);
    print.add(max_object_size);
    print.add(max_variants);
    print.add(lift);
    print.add(cache_status_detail);
    print.add(qualified_directives);
    print.add(cache_control_targets);
    print.add(vary);
    print.add(offered_encodings);
    print.add(offered_languages);
    print.add(range_requests);
    print.add(no_vary_search);
    print.add(content_methods);
    print.add(content_bytes);
    print.add(canonical_json);
    print.add(early_hints);
    print.add(surrogate_fields);
    print.add(personal_fields);
    print.add(unkeyed_fields);
    print.add(implied_vary);
    print.add(store_post);
    print.add(reflection_guard);
    return print.result();
}

}  // namespace larder::policy
