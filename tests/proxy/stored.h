// Stored responses of 36 bytes, and requests for them, as the tests of their answers use them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proxy/exchange.h"
#include "storage/object.h"
#include "tests/pieces.h"
#include "tests/policy/exchange.h"

namespace larder::proxy {

inline const std::string stored_text = "0123456789abcdefghijklmnopqrstuvwxyz";

inline storage::Object stored(std::size_t piece_size = 5, const std::string& content = stored_text) {
    auto body = std::make_shared<storage::Body>();
    for (std::size_t at = 0; at < content.size(); at += piece_size) {
        const std::string part = content.substr(at, piece_size);
        storage::Body::Piece piece(storage::test_account(), part.size());
        part.copy(piece.data.get(), part.size());
        body->pieces.push_back(std::move(piece));
    }
    body->size = content.size();
    storage::Object object;
    object.fields = "Content-Type: text/plain\r\nETag: \"e\"\r\nContent-Language: de\r\nX-Other: 1\r\n";
    object.body = std::move(body);
    object.etag = "\"e\"";
    object.last_modified = policy::test_time - 100;
    object.date = policy::test_time - 10;
    object.lifetime.response_time = policy::test_time - 10;
    object.lifetime.initial_age = 2;
    object.lifetime.freshness = 60;
    return object;
}

struct Asking {
    explicit Asking(std::string_view request_fields, std::string_view method = "GET")
        : fields(policy::fields_of(request_fields)) {
        exchange.method = method;
        exchange.fields = &fields;
        exchange.get = method == "GET";
        exchange.head = method == "HEAD";
        exchange.range = fields.has("range") || fields.has("if-range");
        exchange.cache.hit = true;
    }
    policy::Fields fields;
    Exchange exchange;
};

}  // namespace larder::proxy
