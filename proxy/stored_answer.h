// An answer from a stored response: whole, 304, a part, several parts, or 416 (RFC 9110 sections 13 and 14).
//
// Reused from request to request of a connection, it allocates nothing for the whole response and for 304. Several
// parts are separated by 128 random bits, other ones in each answer: no body can have been made to hold them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/range.h"
#include "proxy/exchange.h"
#include "proxy/gather.h"
#include "storage/object.h"

namespace larder::proxy {

class StoredAnswer {
  public:
    // Decides and writes the fields. `object` must outlive the use of everything else here; exchange.cache is final.
    void prepare(const Exchange& exchange, const storage::Object& object, storage::UnixTime now);

    int status() const { return status_; }
    const std::string& fields() const { return fields_; }  // with Age, Cache-Status and what the status needs
    std::uint64_t length() const { return length_; }       // of the body, or of what HEAD is told of
    bool bodiless() const { return bodiless_; }

    // Adds the next pieces of the body, which is in memory, to `gather`; false: there are no more.
    bool next(Gather& gather);

    // The same of a body with a source, in place of next(): some text, or bytes of the body from `begin` to `end`.
    struct Span {
        std::string_view text;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    bool next(Span& span);

  private:
    struct Part {
        std::string text;  // goes before the range
        policy::ByteRange range;
    };

    bool draw_boundary();
    void select_parts(const Exchange& exchange, const storage::Object& object, storage::UnixTime now);
    void part_of_part(const Exchange& exchange, const storage::Object& object, storage::UnixTime now);
    void multipart(const std::vector<policy::ByteRange>& ranges, const storage::Object& object);

    int status_ = 200;
    std::string fields_;
    std::uint64_t length_ = 0;
    bool bodiless_ = false;

    const storage::Body* body_ = nullptr;
    std::string boundary_;  // between the parts
    std::vector<Part> parts_;
    std::string tail_;  // behind the last part
    // Where next() stands.
    std::size_t part_ = 0;
    bool text_sent_ = false;
    std::size_t piece_ = 0;
    std::uint64_t piece_begin_ = 0;  // of piece_ within the body
    std::uint64_t at_ = 0;           // within the body
};

enum class Sent {
    all,
    cut,      // the client is gone, or has to be cut, since the body ceased to be readable
    nothing,  // the body could not be read, and nothing has been sent yet: answer otherwise
};
// Sends it; a body with a source in parts, of which at most two are in memory, and one smaller one where memory is
// short. `object` is held by the caller.
Task<Sent> send_stored(Worker& worker, Downstream& client, Exchange& exchange, const storage::Object& object,
                       storage::UnixTime now);

}  // namespace larder::proxy
