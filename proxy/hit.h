// A stored response that may answer a request at once.
#pragma once

#include "policy/reuse.h"
#include "proxy/exchange.h"
#include "storage/object.h"

namespace larder::proxy {

class Worker;
struct Shared;

struct Hit {
    Hit() = default;  // no aggregate: GCC 12 destroys one that is passed to a coroutine twice

    storage::VariantSetPtr set;               // pins `object`
    const storage::Object* object = nullptr;  // null: nothing stored for this request
    const storage::Object* part = nullptr;  // without `object`: fresh bytes of the representation, but not those asked
    policy::Decision decision;
    bool withheld = false;    // something is stored, but not for this user
    std::uint32_t given = 0;  // Tiers::given() before the slow layers were asked

    // Answered from here, stale or not.
    bool served() const {
        using policy::Reuse;
        return object && (decision.reuse == Reuse::fresh || decision.reuse == Reuse::stale_while_revalidate ||
                          decision.reuse == Reuse::stale_accepted);
    }
    bool fresh() const { return object && decision.reuse == policy::Reuse::fresh; }
    // The object with a pin of its own.
    storage::ObjectPtr shared() const { return {set, object}; }
    storage::ObjectPtr shared_part() const { return {set, part}; }
};

// What becomes of a request for which a layer has `set`, and `object` of it; both may be null.
Hit judged(const Shared& shared, storage::VariantSetPtr set, const storage::Object* object, const Exchange& exchange);

// Whether the rules let this object, whole or a part that has what is asked for, answer the request, and how (RFC 9111
// section 4).
policy::Decision decision_for(const storage::Object& object, const Exchange& exchange);

// False: nothing says that this user would have got the same (safer than RFC 9111 section 4, which would allow it).
bool may_have(const Exchange& exchange, const storage::Object& object);

// The key under which to look second (proxy/searches.h); empty: there is none.
std::string equivalent_key(const Shared& shared, const Exchange& exchange);
// It as a key; views the text. Its host and scheme are those of the exchange's own.
storage::KeyView view_of(const Shared& shared, const Exchange& exchange, std::string_view text);
// Whether what was found there answers the exchange: as it is, and by its own No-Vary-Search.
bool answers_too(const Hit& hit, std::string_view key_text, const Exchange& exchange);

// Looks into the layers that answer at once, and judges. Does not allocate. Only for GET and HEAD with a strategy.
Hit find_hit(Worker& worker, const Exchange& exchange);

// Asks the layers that do not answer at once, after find_hit() found nothing.
Task<Hit> find_slow_hit(Worker& worker, const Exchange& exchange, Hit before);

// After a fill has been joined as its leader: what came into a layer since `before` was found, which was not fresh.
// Looks only where something can have come in.
Task<Hit> find_hit_again(Worker& worker, const Exchange& exchange, std::uint32_t given);

// For the log, the metrics and Cache-Status.
void note_hit(Exchange& exchange, const Hit& hit);

}  // namespace larder::proxy
