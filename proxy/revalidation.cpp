#include "proxy/revalidation.h"

#include <algorithm>

#include "policy/cookies.h"
#include "policy/response.h"
#include "proxy/filling.h"
#include "proxy/identify.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// The cache's own request: the one that met the stale response, without what is its client's alone. What the stored
// response varies by stays, since it is renewed for that.
class OwnRequest {
  public:
    OwnRequest(const Exchange& from, const storage::Object& stale) : detached_(from) {
        Exchange& own = detached_.exchange;
        const auto& configuration = own.strategy->rules.configuration;
        for (const policy::Field& field : *own.fields) {
            const bool selects = std::any_of(stale.vary.begin(), stale.vary.end(), [&](const storage::VaryField& vary) {
                return policy::same_name(vary.name, field.name);
            });
            if (selects || !is_clients(field, own.strategy->rules)) {
                fields_.add(field.name, field.value);
            } else if (policy::same_name(field.name, "cookie")) {
                auto keyed = configuration;
                keyed.cookies = config::RequestCookies::ignore;
                const auto cookies = policy::forwarded_cookies(cookies_, field.value, keyed);
                if (cookies == policy::ForwardedCookies::keyed) fields_.add(field.name, cookies_);
            }
        }
        own.fields = &fields_;
        own.directives = {};
        own.personal = policy::personal({own.method, fields_, false}, own.strategy->rules);
        own.cache = {};
        own.cache.forward = policy::Forward::stale;
    }
    OwnRequest(const OwnRequest&) = delete;
    OwnRequest& operator=(const OwnRequest&) = delete;

    Exchange& exchange() { return detached_.exchange; }

  private:
    static bool is_clients(const policy::Field& field, const policy::Rules& rules) {
        policy::Fields alone;
        alone.add(field.name, field.value);
        return policy::same_name(field.name, "cache-control") || policy::same_name(field.name, "pragma") ||
               policy::personal({"GET", alone, false}, rules);
    }

    DetachedExchange detached_;
    policy::Fields fields_;
    std::string cookies_;
};

Task<void> fill_detached(Worker& worker, std::unique_ptr<OwnRequest> request, Filling filling) {
    const Background background(worker);
    co_await fill_and_answer(worker, request->exchange(), nullptr, std::move(filling));
}

}  // namespace

void revalidate_in_background(Worker& worker, const Exchange& exchange, const Hit& stale) {
    if (worker.draining()) return;
    const auto key = fill_key(worker, exchange, nullptr);
    auto joined = worker.shared().fills.join(key.hash, key.text, key.rules);
    if (!joined.leader) return;  // somebody does it already
    Filling filling(std::move(joined.fill), key.hash, stale.shared());
    filling.given = stale.given;
    filling.known = stale.set;
    auto own = std::make_unique<OwnRequest>(exchange, *stale.object);
    worker.shared().loops.run(worker.executor(), Errand::revalidation,
                              fill_detached(worker, std::move(own), std::move(filling)));
}

}  // namespace larder::proxy
