// Requests that are stored by their content: QUERY (RFC 10008), and POST where the strategy says that it only reads.
// Their content is taken in before a key can be made; its digest, and that of the fields that describe it, goes behind
// the URL: ` QUERY=9f86d08...`.
#pragma once

#include "proxy/exchange.h"
#include "proxy/task.h"

namespace larder::proxy {

class Worker;
struct Shared;

// By its method, so far.
bool stored_by_content(const Exchange& exchange);

enum class TakenContent {
    all,       // exchange.content; the exchange has its key, and by_content
    too_long,  // or there is no room for it. exchange.content is its beginning; the rest is the client's to send: not
               // to be stored
    failed,    // it did not come: `status`
};
struct ContentOutcome {
    TakenContent taken = TakenContent::all;
    int status = 400;
};
Task<ContentOutcome> take_content(Worker& worker, Exchange& exchange, Downstream& client);

// exchange.content is all of it: gives the exchange its key.
void key_by_content(const Shared& shared, Exchange& exchange);

// What the content is in the key. With `canonical_json`, JSON (RFC 8259) that differs only in white space, the order of
// members and the escapes in strings is the same, where policy/content_key.h allows it and proxy/canonical_json.h finds
// one text for it. Pure.
std::string content_identity(const policy::Fields& request, std::string_view content, bool canonical_json);

// A client whose request body has been taken in part: it comes first, then the rest.
class ContentFirst final : public Downstream {
  public:
    ContentFirst(Downstream& client, std::string_view content) : client_(client), content_(content) {}

    Task<bool> begin(const Head& head, const std::string_view* pieces, std::size_t count, bool last) override {
        return client_.begin(head, pieces, count, last);
    }
    Task<bool> send(const std::string_view* pieces, std::size_t count, bool last) override {
        return client_.send(pieces, count, last);
    }
    void set_trailers(std::string_view trailers) override { client_.set_trailers(trailers); }
    void cut() override { client_.cut(); }
    Task<bool> interim(int status, std::string_view fields) override { return client_.interim(status, fields); }
    void set_content(std::string_view content) { content_ = content; }
    Task<BodyPiece> next_body_piece() override;
    void interrupt_body() override { client_.interrupt_body(); }
    bool body_taken() const override { return true; }
    Socket* raw_socket() override { return client_.raw_socket(); }
    std::string_view raw_leftover() override { return client_.raw_leftover(); }

  private:
    Downstream& client_;
    std::string_view content_;
};

}  // namespace larder::proxy
