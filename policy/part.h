// Parts of a representation: what a 206 brought, what of it answers a request, and how parts become a whole (RFC 9110
// sections 14.4 and 15.3.7, RFC 9111 sections 3.3 and 3.4).
//
// Pure; any thread. A part's body is in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/fields.h"
#include "policy/range.h"
#include "storage/object.h"

namespace larder::policy {

// Content-Range of a 206 with one part.
struct ContentRange {
    ByteRange range;
    std::optional<std::uint64_t> complete;  // nullopt: `*`
    bool operator==(const ContentRange&) const = default;
};
// nullopt: it is missing, stands twice, has another unit than bytes, or says what cannot be; 2^62 and more cannot.
std::optional<ContentRange> content_range(const Fields& response);

// The range of a request that asks for exactly one, satisfiable or not yet known to be: what may be asked of an origin
// and kept. nullopt: none, several, another unit, or ill-formed.
std::optional<std::string_view> single_range(std::string_view method, const Fields& request);

// The bytes of the representation that the request asks for, if `part` has them all and If-Range holds.
std::optional<ByteRange> range_within(const storage::Object& part, std::string_view method, const Fields& request,
                                      storage::UnixTime now);

// What completes a part that begins at the beginning: "bytes=5-", and the validator that makes it safe to ask for ("",
// if it has no strong one: what comes is then joined only if it shares one, RFC 9111 section 3.4). nullopt: it cannot
// be completed so.
struct Rest {
    std::string range;
    std::string if_range;
    std::uint64_t complete = 0;
};
std::optional<Rest> rest_of(const storage::Object& part);

// Whether a later response is of the same representation: they have the same strong validator. A Last-Modified is one
// if it is older than its Date (RFC 9110 section 8.8.2.2).
bool same_representation(const storage::Object& stored, const storage::Object& received);

// Whether they can be put together: the same representation, of which both are parts, with no gap between them.
bool combinable(const storage::Object& stored, const storage::Object& received);
// Both in one; the fields of `received`, and those that only `stored` has. Without `part`, and with status 200, if that
// is all of it. Only if combinable().
storage::Object combined(const storage::Object& stored, const storage::Object& received);

// What a response with a rest brings together with the stored part that it completes: the head of the whole, without
// its body. nullopt: they do not belong together.
std::optional<storage::Object> completed_head(const storage::Object& stored, const storage::Object& received);

}  // namespace larder::policy
