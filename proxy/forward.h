// The request as it goes to an origin: nothing that was received is passed on as it came. Request line, Host, one
// framing field and the end-to-end fields are written anew; who forwarded it is added (Via, Forwarded, X-Forwarded-*).
#pragma once

#include <string>

#include "policy/conditional.h"
#include "proxy/exchange.h"
#include "proxy/upstream/origin_server.h"

namespace larder::proxy {

struct ForwardOptions {
    ForwardOptions() = default;  // no aggregate: GCC 12 destroys one that is passed to a coroutine twice

    bool for_storing = false;       // the client's conditionals and Range are left out
    policy::Validators validators;  // ours, with for_storing
    std::string range;              // asked for in the client's place, with for_storing; empty: all
    std::string if_range;
    bool with_body = true;
    bool expect_continue = false;
    std::string_view upgrade;  // the protocol to ask for
    std::string trace_parent;  // begins a trace; empty: the client's is passed on
    std::string_view loop_id;  // what this server is called in CDN-Loop; empty: it says nothing
};

// The value of a field that Larder writes, as it will be written: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host
// or Forwarded; "" for any other.
std::string written_value(const Exchange& exchange, std::string_view name);

// Pure but for its arguments. Overwrites `out`. The fields are those of exchange.request alone.
void write_forwarded_head(std::string& out, const Exchange& exchange, const OriginServer& server,
                          const ForwardOptions& options);

}  // namespace larder::proxy
