#include "proxy/content.h"

#include <openssl/evp.h>

#include "policy/content_key.h"
#include "policy/digits.h"
#include "proxy/canonical_json.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

class Digest {
  public:
    Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
    ~Digest() { EVP_MD_CTX_free(context_); }
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;

    // With its length in front, so that no two lists of texts are the same bytes.
    void add(std::string_view text) {
        const std::uint64_t size = text.size();
        EVP_DigestUpdate(context_, &size, sizeof size);
        EVP_DigestUpdate(context_, text.data(), text.size());
    }
    std::string hex() {
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        EVP_DigestFinal_ex(context_, bytes, &size);
        std::string text;
        for (unsigned i = 0; i < size; ++i) policy::append_hex(text, bytes[i], policy::HexCase::lower);
        return text;
    }

  private:
    EVP_MD_CTX* const context_;
};

}  // namespace

bool stored_by_content(const Exchange& exchange) {
    if (!exchange.strategy || !exchange.upgrade.empty() || exchange.to_origin) return false;
    return policy::keyed_by_content(exchange.method, exchange.strategy->rules.configuration);
}

std::string content_identity(const policy::Fields& request, std::string_view content, bool canonical_json) {
    Digest digest;
    digest.add(policy::content_description(request));
    if (canonical_json && policy::json_may_be_normalised(request)) {
        if (const auto canonical = canonical_json_text(content)) {
            digest.add(*canonical);
            return digest.hex();
        }
    }
    digest.add(content);
    return digest.hex();
}

Task<ContentOutcome> take_content(Worker& worker, Exchange& exchange, Downstream& client) {
    const auto& configuration = exchange.strategy->rules.configuration;
    ContentOutcome outcome;
    exchange.content.clear();
    exchange.content_room =
        std::make_shared<storage::Reservation>(worker.shared().account, storage::Account::Purpose::content);
    if (exchange.body_length.value_or(0) > configuration.content_bytes) {
        outcome.taken = TakenContent::too_long;
        co_return outcome;
    }
    for (bool end = !exchange.has_body; !end;) {
        const auto piece = co_await client.next_body_piece();
        if (piece.failed) {
            outcome.taken = TakenContent::failed;
            outcome.status = piece.status;
            co_return outcome;
        }
        // A string that grows may hold twice what is in it.
        const std::uint64_t bytes = exchange.content.size() + piece.data.size();
        const bool room = exchange.content_room->ensure(exchange.content.empty() ? bytes : 2 * bytes);
        if (!room) worker.metrics().limit(Limit::content_bytes);
        exchange.content += piece.data;
        end = piece.end;
        if (!room || (exchange.content.size() > configuration.content_bytes && !end)) {
            outcome.taken = TakenContent::too_long;
            co_return outcome;
        }
    }
    key_by_content(worker.shared(), exchange);
    co_return outcome;
}

void key_by_content(const Shared& shared, Exchange& exchange) {
    const bool canonical_json = exchange.strategy->rules.configuration.canonical_json;
    exchange.content_taken = exchange.by_content = true;
    exchange.body_length = exchange.content.size();
    exchange.key_text.append(" ").append(exchange.method).append("=");
    exchange.key_text += content_identity(*exchange.fields, exchange.content, canonical_json);
    exchange.key.text = exchange.key_text;
    exchange.key.hash = storage::hash_key(exchange.key_text, shared.hash_seed);
}

Task<Downstream::BodyPiece> ContentFirst::next_body_piece() {
    if (content_.empty()) co_return co_await client_.next_body_piece();
    BodyPiece piece;
    piece.data = std::exchange(content_, {});
    co_return piece;
}

}  // namespace larder::proxy
