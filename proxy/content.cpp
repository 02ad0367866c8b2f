#include "proxy/content.h"

#include <openssl/evp.h>

#include <algorithm>

#include "proxy/canonical_json.h"
#include "proxy/shared.h"

namespace larder::proxy {
namespace {

using policy::same_name;

const char* method_of(config::ContentMethod method) {
    return word(method);  // its name is the method
}

bool is_json(const policy::Fields& request) {
    if (request.has("content-encoding")) return false;
    const std::string_view type = request.value("content-type");
    const std::string_view media = policy::trimmed(type.substr(0, type.find(';')));
    const bool suffix = media.size() > 5 && same_name(media.substr(media.size() - 5), "+json");
    return suffix || same_name(media, "application/json");
}

bool no_transform(const policy::Fields& request) {
    bool found = false;
    policy::for_each_element(request, "cache-control", [&](std::string_view directive) {
        found = same_name(directive, "no-transform");
        return !found;
    });
    return found;
}

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
        static constexpr char digits[] = "0123456789abcdef";
        std::string text;
        for (unsigned i = 0; i < size; ++i) {
            text += digits[bytes[i] >> 4];
            text += digits[bytes[i] & 15];
        }
        return text;
    }

  private:
    EVP_MD_CTX* const context_;
};

}  // namespace

bool stored_by_content(const Exchange& exchange) {
    if (!exchange.strategy || !exchange.upgrade.empty() || exchange.to_origin) return false;
    const auto& methods = exchange.strategy->rules.configuration.content_methods;
    return std::any_of(methods.begin(), methods.end(),
                       [&](config::ContentMethod method) { return exchange.method == method_of(method); });
}

std::string content_identity(const policy::Fields& request, std::string_view content, bool canonical_json) {
    Digest digest;
    // In the order of their names: what describes the content is part of what is asked.
    std::vector<std::pair<std::string, std::string_view>> described;
    for (const policy::Field& field : request) {
        std::string name = policy::lower(field.name);
        if (name.starts_with("content-") && name != "content-length")
            described.emplace_back(std::move(name), field.value);
    }
    std::stable_sort(described.begin(), described.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [name, value] : described) {
        digest.add(name);
        digest.add(value);
    }
    digest.add("");
    if (canonical_json && is_json(request) && !no_transform(request)) {
        if (const auto canonical = canonical_json_text(content)) {
            digest.add(*canonical);
            return digest.hex();
        }
    }
    digest.add(content);
    return digest.hex();
}

Task<ContentOutcome> take_content(const Shared& shared, Exchange& exchange, Downstream& client) {
    const auto& configuration = exchange.strategy->rules.configuration;
    ContentOutcome outcome;
    exchange.content.clear();
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
        exchange.content += piece.data;
        end = piece.end;
        if (exchange.content.size() > configuration.content_bytes && !end) {
            outcome.taken = TakenContent::too_long;
            co_return outcome;
        }
    }
    key_by_content(shared, exchange);
    co_return outcome;
}

void key_by_content(const Shared& shared, Exchange& exchange) {
    const bool canonical_json = exchange.strategy->rules.configuration.canonical_json;
    exchange.by_content = true;
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
