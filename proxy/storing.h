// A response on its way into the layers, free of the request that began it: its body is taken in as it arrives, put
// before followers at once, and stored when it is whole.
//
// Belongs to one worker. Holds the ticket of its fetch until what came of it is visible or given up.
#pragma once

#include <memory>
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

    Storing(Worker& worker, std::shared_ptr<const Running> running, const storage::KeyView& key, Filling filling,
            What what, Tiers::Hold ticket, std::unique_ptr<UpstreamConnection> connection, Upstream& upstream);
    ~Storing();
    Storing(const Storing&) = delete;
    Storing& operator=(const Storing&) = delete;

    // What it begins with, and what came with the head. True: that was all of it, and it is stored.
    bool take_first();
    // The rest, behind whoever asked for it: a client that goes away does not end it.
    static Task<void> take_rest(std::unique_ptr<Storing> storing);

  private:
    // This piece, and what follows it without another read.
    bool take_at_hand(UpstreamConnection::Piece piece);
    void append(std::string_view data, bool last);
    bool room_for(std::uint64_t bytes);
    void finish();
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
    std::uint64_t size_ = 0;      // of the body so far
    std::uint64_t reserved_ = 0;  // of limits.fills_bytes
    bool keeping_ = true;         // it is still to be stored
    bool finished_ = false;
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
