#include "proxy/revalidation.h"

#include "proxy/filling.h"
#include "proxy/identify.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

Task<void> fill_detached(Worker& worker, std::unique_ptr<DetachedExchange> exchange, Filling filling) {
    const Background background(worker);
    co_await fill_and_answer(worker, exchange->exchange, nullptr, std::move(filling));
}

}  // namespace

void revalidate_in_background(Worker& worker, const Exchange& exchange, const Hit& stale) {
    if (worker.draining()) return;
    const auto key = fill_key(worker, exchange, nullptr);
    auto joined = worker.shared().fills.join(key.hash, key.text);
    if (!joined.leader) return;  // somebody does it already
    Filling filling(std::move(joined.fill), key.hash, stale.shared());
    filling.given = stale.given;
    filling.known = stale.set;
    auto detached = std::make_unique<DetachedExchange>(exchange);
    detached->exchange.cache = {};
    detached->exchange.cache.forward = policy::Forward::stale;
    worker.shared().loops.run(worker.executor(), Errand::revalidation,
                              fill_detached(worker, std::move(detached), std::move(filling)));
}

}  // namespace larder::proxy
