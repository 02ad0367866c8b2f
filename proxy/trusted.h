// What a trusted proxy in front of us says of its client: Forwarded (RFC 7239), or X-Forwarded-For, -Proto and -Host.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/fields.h"

namespace larder::proxy {

bool trusted(const std::vector<config::Cidr>& ranges, const boost::asio::ip::address& peer);

// An IPv4 address that came in over IPv6 as IPv4.
std::string text_of(const boost::asio::ip::address& address);

struct Said {
    std::optional<boost::asio::ip::address> client;
    std::string_view proto;  // "http", "https" or empty
    std::string_view host;   // empty: not said
};

// By the fields of the family that is believed; of `both` Forwarded, if there is one, counts alone. From the last hop
// backwards: the client is the first address that is not itself trusted. Ill-formed members end the reading. `fields`
// has one line of each.
Said what_is_said(const policy::Fields& fields, config::ForwardedFamily believed,
                  const std::vector<config::Cidr>& ranges);

}  // namespace larder::proxy
