// One client request and all that happens to it until its response is sent. Knows no HTTP version: a session fills in
// what was asked and is the Downstream that the answer goes to.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/cache_control.h"
#include "policy/cache_status.h"
#include "policy/fields.h"
#include "policy/forwarded_fields.h"
#include "policy/storable.h"
#include "policy/strategy_table.h"
#include "policy/target.h"
#include "proxy/body_reader.h"
#include "proxy/clock.h"
#include "proxy/metrics.h"
#include "proxy/route_table.h"
#include "proxy/task.h"
#include "storage/key.h"
#include "storage/object.h"

namespace larder::proxy {

class Worker;
class Upstream;
struct Running;

struct Exchange {
    std::shared_ptr<const Running> running;  // what it is served by, from its beginning to its end

    // What was asked. Views lead into the session's buffer, which stays as it is until the exchange ends.
    std::string_view method;
    int minor = 1;
    policy::ForwardedFields request;         // what the origin gets of the fields; everything derives from it
    const policy::Fields* fields = nullptr;  // those of `request`
    bool new_trace = false;                  // W3C trace context: Larder begins one
    bool has_body = false;
    std::optional<std::uint64_t> body_length;  // nullopt with a body: chunked
    bool expects_continue = false;
    std::string content;         // the body, where it has been read before it is sent (content.h, read_ahead.h)
    bool content_taken = false;  // that is all of it: nothing of the body is left to be pulled
    bool by_content = false;     // and it is in the key
    std::shared_ptr<storage::Reservation> content_room;  // what `content` is charged to
    std::string_view upgrade;                            // the protocol asked for; empty: none

    // The one identity: strategy, key, routing, invalidation, log and origin all use it.
    policy::Target target;
    std::string authority;
    bool https = false;
    asio::ip::address peer;                                     // the connection's other end
    std::string peer_text;                                      // the same in text; made once for a connection
    asio::ip::address client;                                   // the peer, or whom a trusted proxy names
    const std::vector<config::Cidr>* trusted_ranges = nullptr;  // the listener's
    config::ForwardedFamily believed = config::ForwardedFamily::x_forwarded;
    bool peer_trusted = false;
    bool status_detail = false;  // Cache-Status may tell key and detail

    const CompiledRoute* route = nullptr;
    Upstream* upstream = nullptr;
    const policy::Strategy* strategy = nullptr;
    std::string key_text;
    storage::KeyView key;       // valid with a strategy
    std::string_view selected;  // the target's text after the strategy's query selection
    std::string selected_text;

    bool get = false;
    bool head = false;
    bool range = false;            // has Range or If-Range
    bool to_origin = false;        // has If-Match or If-Unmodified-Since
    bool personal = false;         // has Authorization, or Cookie that the strategy does not ignore
    bool has_credentials = false;  // has anything that names a user to the origin, whatever the strategy says of it
    bool takes_trailers = false;
    // A field's value as the origin gets it where the strategy normalises it, and what it was made from: the
    // requests of a connection mostly have the same.
    struct Normalised {
        std::string text;
        std::string from;
        std::uint64_t rules = 0;  // the fingerprint of those that it was made by
        bool canonical = false;   // else it stays as it came
    };
    Normalised encodings;             // Accept-Encoding
    Normalised languages;             // Accept-Language
    std::string_view first_language;  // policy::Selecting
    policy::RequestDirectives directives;

    Steady::time_point started;
    storage::UnixTime now = 0;

    // What became of it.
    Result result = Result::bypass;
    policy::CacheStatus cache;
    policy::StoreVerdict refused = policy::StoreVerdict::storable;  // why the response was not stored
    int status = 0;
    std::uint64_t bytes = 0;  // of the body sent
    std::string_view upstream_name;

    const char* scheme() const { return https ? "https" : "http"; }
    // Of the request whose response is stored, and answers HEAD and GET.
    std::string_view stored_method() const { return by_content ? method : std::string_view("GET"); }
    void clear();
};

// Where an answer goes, and where a request body comes from. Each false means: the client is gone, stop.
class Downstream {
  public:
    virtual ~Downstream() = default;

    struct Head {
        int status = 200;
        std::string_view fields;              // "Name: value\r\n"..., end-to-end
        std::optional<std::uint64_t> length;  // of the body
        bool bodiless = false;                // 1xx, 204, 304, or the answer to HEAD
        bool close = false;                   // the connection cannot be used after it
    };
    // The head, with the first of the body, and its end if `last`.
    virtual Task<bool> begin(const Head& head, const std::string_view* pieces, std::size_t count, bool last) = 0;
    virtual Task<bool> send(const std::string_view* pieces, std::size_t count, bool last) = 0;
    // Trailers to send at the end ("Name: value\r\n"...); without effect where they cannot be sent.
    virtual void set_trailers(std::string_view trailers) = 0;
    // The body cannot be completed: the client must see that.
    virtual void cut() = 0;

    virtual Task<bool> interim(int status, std::string_view fields) = 0;

    struct BodyPiece {
        std::string_view data;  // until the next call
        bool end = false;
        bool failed = false;  // gone, malformed, too slow or too large
        int status = 400;     // why, as an answer
    };
    // Pulls the request body; sends 100 (Continue) first if the client waits for it.
    virtual Task<BodyPiece> next_body_piece() = 0;
    virtual void interrupt_body() = 0;    // ends a pending next_body_piece() with `failed`
    virtual bool body_taken() const = 0;  // something of the body was pulled

    // What the answer that is being sent keeps in memory; nothing: no more. See Pinned.
    virtual void pins(const Pin&) {}

    // For a tunnel: the raw connection, and what was read of it behind the request.
    virtual Socket* raw_socket() = 0;
    virtual std::string_view raw_leftover() = 0;
};

// Says what an answer keeps in memory, for as long as this lives.
class Pinned {
  public:
    Pinned(Downstream& client, const Pin& pin) : client_(client) { client_.pins(pin); }
    ~Pinned() { client_.pins({}); }
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;

    void change(const Pin& pin) { client_.pins(pin); }

  private:
    Downstream& client_;
};

}  // namespace larder::proxy
