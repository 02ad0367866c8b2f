// Header fields as a parsed message has them: views into somebody else's buffer, in the order received.
// Views are valid as long as that buffer is. Names compare without case (RFC 9110 section 5.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::policy {

struct Field {
    std::string_view name;
    std::string_view value;  // without surrounding white space
    bool operator==(const Field&) const = default;
};

bool same_letters(std::string_view a, std::string_view b);  // ASCII, without case; of the same length
// ASCII, without case. Most names that are compared differ in their length.
inline bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && same_letters(a, b);
}
bool is_token(std::string_view);             // RFC 9110 section 5.6.2
std::string_view trimmed(std::string_view);  // without SP and HTAB at both ends
char to_lower(char);                         // ASCII
std::string lower(std::string_view);         // ASCII

class Fields {
  public:
    using const_iterator = std::vector<Field>::const_iterator;

    void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
    void replace_value(std::size_t i, std::string_view value) { fields_[i].value = value; }
    void remove(std::size_t i) { fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(i)); }
    void clear() { fields_.clear(); }
    void reserve(std::size_t n) { fields_.reserve(n); }
    std::size_t size() const { return fields_.size(); }
    bool empty() const { return fields_.empty(); }
    const_iterator begin() const { return fields_.begin(); }
    const_iterator end() const { return fields_.end(); }
    const Field& operator[](std::size_t i) const { return fields_[i]; }

    bool has(std::string_view name) const { return find(name) != nullptr; }
    // The first field of that name, or nullptr.
    const Field* find(std::string_view name) const;
    // The first value of that name, or "" (has() tells absent from empty).
    std::string_view value(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // All lines of that name as one list value, joined with ", " (RFC 9110 section 5.3); nullopt when there is none.
    std::optional<std::string> combined(std::string_view name) const;

  private:
    std::vector<Field> fields_;
};

// Calls f(std::string_view element) for every non-empty element of the comma-separated list in every line of that name
// (RFC 9110 section 5.6.1). Commas inside quoted strings do not separate. f returns false to stop.
template <class F>
void for_each_element(const Fields&, std::string_view name, F f);
template <class F>
void for_each_element(std::string_view list, F f);

// The length of the next element of a list, up to a comma outside quotes; npos-free: at most list.size().
std::size_t element_length(std::string_view list);

template <class F>
void for_each_element(std::string_view list, F f) {
    while (!list.empty()) {
        const std::size_t n = element_length(list);
        const std::string_view element = trimmed(list.substr(0, n));
        if (!element.empty() && !f(element)) return;
        list.remove_prefix(n < list.size() ? n + 1 : n);
    }
}

template <class F>
void for_each_element(const Fields& fields, std::string_view name, F f) {
    bool going = true;
    for (const Field& field : fields) {
        if (!going) return;
        if (same_name(field.name, name)) {
            for_each_element(field.value, [&](std::string_view element) { return going = f(element); });
        }
    }
}

}  // namespace larder::policy
