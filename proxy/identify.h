// Gives a request its identity: effective scheme, authority and client, canonical target, route, strategy and key.
#pragma once

#include "proxy/exchange.h"
#include "proxy/h1/request_head.h"
#include "proxy/shared.h"

namespace larder::proxy {

// Fills in `exchange` from a head, whose bytes must stay where they are; what the strategy normalises is replaced in
// it. running, peer, peer_trusted, started and now are set by the caller. A refusal: answer it; the framing was sound,
// so the connection may go on.
h1::Refusal identify(const Shared& shared, h1::RequestHead& head, bool tls, Exchange& exchange);

// The key that a GET for this URI has, ignoring fields and cookies: for invalidation by URL. nullopt: no http(s) URI.
std::optional<std::string> key_of_url(const Shared& shared, std::string_view url);

// An exchange that owns all it needs: to go on without its client, as a background revalidation does.
class DetachedExchange {
  public:
    explicit DetachedExchange(const Exchange& from);
    Exchange exchange;

  private:
    std::string bytes_;
    policy::Fields fields_;
};

}  // namespace larder::proxy
