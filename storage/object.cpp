#include "storage/object.h"

#include <algorithm>

#include "storage/charge.h"

namespace larder::storage {

std::size_t Body::charge() const {
    std::size_t sum = block_charge(sizeof(Body) + shared_overhead) + vector_charge(pieces);
    const Piece* before = nullptr;
    for (const Piece& piece : pieces) {
        if (!before || !piece.same_block(*before)) sum += piece.charge();
        before = &piece;
    }
    return sum;
}

std::uint64_t Body::outside() const {
    std::uint64_t sum = 0;
    const Piece* before = nullptr;
    for (const Piece& piece : pieces) {
        if (piece.outside() && (!before || !piece.same_block(*before))) sum += piece.charge();
        before = &piece;
    }
    return sum;
}

UnixTime Object::useful_until() const {
    // must_revalidate forbids every stale use (RFC 9111 section 4.2.4); revalidation needs a validator (section 4.3.1).
    Seconds past_freshness = has_validator() ? lifetime.keep : 0;
    if (!lifetime.must_revalidate) {
        past_freshness = std::max({past_freshness, lifetime.stale_while_revalidate, lifetime.stale_if_error});
    }
    return lifetime.fresh_until() + past_freshness;
}

std::size_t Object::charge() const {
    std::size_t sum = block_charge(sizeof(Object) + shared_overhead) + (body ? body->charge() : 0);
    for (const std::string* text : {&fields, &etag, &strategy_name, &resource_type, &resource_id}) {
        sum += string_charge(*text);
    }
    sum += vector_charge(vary) + vector_charge(tags);
    for (const VaryField& field : vary)
        sum += string_charge(field.name) + (field.value ? string_charge(*field.value) : 0);
    for (const std::string& tag : tags) sum += string_charge(tag);
    return sum;
}

}  // namespace larder::storage
