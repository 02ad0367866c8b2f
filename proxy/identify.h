// Gives a request its identity: effective scheme, authority and client, canonical target, route, strategy and key.
#pragma once

#include "proxy/exchange.h"
#include "proxy/h1/request_head.h"
#include "proxy/shared.h"

namespace larder::proxy {

// Fills in `exchange` from a head, whose bytes must stay where they are: from here on the request is what the origin
// would get (policy/forwarded_fields.h), and nobody looks at the head again. running, peer, peer_trusted, believed,
// started and now are set by the caller. A refusal: answer it; the framing was sound, so the connection may go on.
h1::Refusal identify(const Shared& shared, const h1::RequestHead& head, bool tls, Exchange& exchange);

// The key that a GET for this URI has, ignoring fields and cookies: for invalidation by URL. nullopt: no http(s) URI.
std::optional<std::string> key_of_url(const Shared& shared, std::string_view url);

// An exchange that owns all it needs: to go on without its client, as a background revalidation does.
class DetachedExchange {
  public:
    explicit DetachedExchange(const Exchange& from);
    Exchange exchange;

  private:
    const std::string method_;
};

}  // namespace larder::proxy
