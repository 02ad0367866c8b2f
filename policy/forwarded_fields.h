// The fields of a request as an origin gets them. Strategy, key, Vary, storability, log and the bytes to the origin are
// made of these alone: what is not here cannot reach an origin, and what reaches an origin is what its responses are
// selected by. Two requests with the same fields here, the same target and the same client are the same bytes there.
//
// What Connection names is gone, as is what concerns one hop, what claims to say who the client is, and what has no one
// reading; the lines of a list are one line. What Larder writes anew for each request (Via, Forwarded, X-Forwarded-*,
// CDN-Loop, Traceparent) is here only where the strategy has it in the key.
//
// Reused from request to request, it then allocates nothing for ordinary ones. The views lead into the received message
// and into this object; a copy has bytes of its own, and may go on without the message.
#pragma once

#include <bitset>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/fields.h"
#include "policy/request_field.h"

namespace larder::policy {

// What becomes of the fields of one request, beside their own roles.
struct ForwardingRules {
    const config::RequestFields* route = nullptr;             // set and removed by the operator; null: nothing
    const config::StrategyConfiguration* strategy = nullptr;  // null: none matches
    bool reads = false;      // its response could be another request's too: GET, HEAD, or stored by its content
    bool storable = false;   // and nothing about the request speaks against that
    bool new_trace = false;  // the client's trace context is left out
    bool no_ranges = false;  // Range and If-Range are left out: what they ask for is too much (RFC 9110 section 14.2)
    // In the place of Accept-Encoding and Accept-Language; null: as received. Empty text: left out.
    const std::string* encodings = nullptr;
    const std::string* languages = nullptr;
    // What Larder will write of the fields that the strategy has in the key; null: nothing.
    const Fields* written = nullptr;
};

class ForwardedFields {
  public:
    ForwardedFields() = default;
    ForwardedFields(const ForwardedFields& other) { own(other); }
    ForwardedFields& operator=(const ForwardedFields& other) {
        if (this != &other) own(other);
        return *this;
    }

    // First: what is received, whose bytes must stay where they are. `drops_ambiguous`: names that CGI takes for
    // others (has_ambiguous_name()). Null, or why the request has no one reading: a second line of a field that has one
    // value.
    const char* read(const Fields& received, bool drops_ambiguous);

    // What read() found, Connection's say obeyed.
    bool has(KnownField field) const { return present_[static_cast<std::size_t>(field)]; }
    // Every line of it as one value; "" if it is not there.
    std::string_view value(KnownField field);

    // Then: what the origin gets.
    void settle(const ForwardingRules& rules);
    const Fields& fields() const { return fields_; }

    // What the client's message has of the fields that each hop adds to, as one value: Via, CDN-Loop, Forwarded,
    // X-Forwarded-For. Whoever writes them decides whether the client is believed. After read().
    std::string_view chain(std::string_view name) const { return chains_.value(name); }
    const Fields& chains() const { return chains_; }

    void clear();

  private:
    void own(const ForwardedFields& other);
    std::string_view joined(std::size_t first, std::string_view between);
    std::string& new_text();
    void settle_one(std::size_t i, const ForwardingRules& rules);
    void settle_cookie(std::size_t i, const ForwardingRules& rules);

    std::vector<RequestField> roles_;                           // of the received fields, in their order
    std::bitset<32> present_;                                   // by KnownField
    std::bitset<max_request_field_number + 1> seen_, several_;  // by RequestField::number
    const Fields* received_ = nullptr;                          // from read() to settle()
    Fields fields_;
    Fields chains_;
    // What views lead to that is not in the message; the first `used_` of them. Each stays where it is.
    std::vector<std::unique_ptr<std::string>> made_;
    std::size_t used_ = 0;
};

}  // namespace larder::policy
