// A response on its way into the layers, free of the request that began it: its body is taken in as it arrives, put
// before followers at once, and stored when it is whole.
//
// Belongs to one worker. Holds the ticket of its fetch until what came of it is visible or given up.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "policy/response.h"
#include "proxy/fetch.h"
#include "proxy/filling.h"
#include "proxy/searches.h"
#include "proxy/task.h"
#include "proxy/tiers.h"
#include "proxy/upstream/connection.h"

namespace larder::proxy {

class Upstream;
struct Running;

class Storing {
  public:
    struct What {
        What(storage::ObjectPtr object, std::uint64_t most) : head(std::move(object)), max_size(most) {}

        storage::ObjectPtr head;  // the object without its body
        std::uint32_t strategy = 0;
        std::uint64_t max_size = 0;                        // of the body; beyond it, it is streamed on and not stored
        bool keep_alive = false;                           // the connection may be used again after the body
        std::shared_ptr<const storage::Body> begins_with;  // goes before what comes; null: nothing
    };

    // `length`: of the body, what it begins with included, if it is known. `followed`: clients wait for it.
    Storing(Worker& worker, std::shared_ptr<const Running> running, const storage::KeyView& key, Filling filling,
            What what, Tiers::Hold ticket, std::unique_ptr<UpstreamConnection> connection, Upstream& upstream,
            std::optional<std::uint64_t> length, bool followed);
    ~Storing();
    Storing(const Storing&) = delete;
    Storing& operator=(const Storing&) = delete;

    // Shows the head, and takes room for the body if its length is known. False: there is none, it is only streamed on.
    Task<bool> begin();
    // What it begins with, and what came with the head. True: that was all of it.
    Task<bool> take_first();
    // The rest, behind whoever asked for it: a client that goes away does not end it, but the last one does if much of
    // the body is still to come (limits.background_fill_bytes).
    static Task<void> take_rest(std::unique_ptr<Storing> storing);

    // A layer has it, or will get it as far as can be known: all of the body came, or its length is known and there is
    // room for it.
    bool stored() const { return finished_ ? stored_ : keeping_ && length_.has_value(); }

  private:
    // This piece, and what follows it without another read.
    Task<bool> take_at_hand(UpstreamConnection::Piece piece);
    Task<void> append(std::string_view data, bool last);
    void pass_on(std::string_view data, bool last);
    Task<bool> open_block(std::size_t coming, bool last);
    void stop_keeping();
    void finish();
    bool given_up();
    std::shared_ptr<storage::Body> whole_body() const;
    storage::ObjectPtr put_together(std::shared_ptr<storage::Object> received) const;

    Worker& worker_;
    const std::shared_ptr<const Running> running_;  // keeps upstream_
    const std::string key_text_;
    const storage::KeyView key_;
    Filling filling_;
    const What what_;
    Tiers::Hold ticket_;
    std::unique_ptr<UpstreamConnection> connection_;
    Upstream& upstream_;
    const std::optional<std::uint64_t> length_;
    const bool followed_;
    std::uint64_t size_ = 0;  // of the body so far
    storage::Reservation reservation_;
    storage::Piece block_;                        // the memory that is being filled
    std::size_t used_ = 0;                        // of it
    std::optional<std::uint64_t> left_alone_at_;  // the size when nobody followed any more
    bool keeping_ = true;                         // it is still to be stored
    bool finished_ = false;
    bool stored_ = false;
};

// The object that is stored of a response, without its body.
std::shared_ptr<storage::Object> stored_response(Searches& searches, const Exchange& exchange,
                                                 const policy::Request& request, const Fetched& fetched,
                                                 policy::Sequence ticket);

// Of the body, as far as the head tells.
std::optional<std::uint64_t> body_length(const h1::ResponseHead& head);

// Lets it come in as `filling`, and answers `client` (null: nobody waits) with it as it comes. `length`: of the body
// that the client gets, if it is known.
Task<void> store_and_answer(Worker& worker, Exchange& exchange, Downstream* client, Filling filling, Storing::What what,
                            std::optional<std::uint64_t> length, Tiers::Hold ticket,
                            std::unique_ptr<UpstreamConnection> connection);

}  // namespace larder::proxy
