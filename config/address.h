// Hosts, listening addresses, address ranges and server URLs, as an operator writes them. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace larder::config {

struct HostPort {
    std::string host;  // lower case, without brackets; empty: every address of the machine
    std::uint16_t port = 0;
};

// HOST:PORT, [IPv6]:PORT or :PORT; port 0 lets the system choose.
std::optional<HostPort> parse_address(std::string_view);

// A name in lower case or an IP literal in its shortest form, without brackets; IPv6 only when written in them.
// A trailing dot is not a name here: Host never carries it.
std::optional<std::string> parse_host(std::string_view);
bool is_ip_literal(std::string_view host);

// ADDRESS or ADDRESS/BITS, without bits set behind the prefix.
std::optional<Cidr> parse_cidr(std::string_view);
std::string to_string(const Cidr&);

// http or https://HOST[:PORT], with at most one slash behind. Ports: 80 and 443.
std::optional<Server> parse_server(std::string_view url);
std::string to_string(const Server&);

// Whether what connects to the server's address may reach a listener at the other. Loopback addresses and `localhost`
// count as one; names are compared, not resolved.
bool reaches(const Server&, const HostPort& listener);
// Whether both cannot be listened on at once.
bool collide(const HostPort&, const HostPort&);

}  // namespace larder::config
