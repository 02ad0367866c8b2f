// A small configuration, and requests that are parsed and identified as a session does it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "proxy/h1/limits.h"
#include "proxy/identify.h"
#include "proxy/shared.h"
#include "proxy/trusted.h"
#include "proxy/worker.h"

namespace larder::proxy {

inline config::Strategy strategy(std::string name, std::string pattern,
                                 config::LayerName layer = config::LayerName::l1_application) {
    config::Strategy made;
    made.strategy_name = std::move(name);
    made.cache_key_pattern = std::move(pattern);
    made.cache_layer = layer;
    return made;
}

inline config::Layer layer(config::LayerName name, int level,
                           config::Technology technology = config::Technology::memory) {
    config::Layer made;
    made.layer_name = name;
    made.cache_level = level;
    made.technology = technology;
    made.max_size_bytes = 8 * config::MiB;
    return made;
}

inline config::Upstream upstream(std::string name, std::vector<config::Server> servers) {
    config::Upstream made;
    made.name = std::move(name);
    made.servers = std::move(servers);
    made.tls_verify = false;
    return made;
}

inline config::Route route(std::string path, std::string upstream, std::string host = {}) {
    config::Route made;
    made.host = std::move(host);
    made.path = std::move(path);
    made.upstream = std::move(upstream);
    return made;
}

// One upstream, one MEMORY layer, one strategy for everything, nothing written anywhere.
inline config::Config small_config() {
    config::Config config;
    config.access_log = "off";
    config.upstreams = {upstream("app", {{false, "10.0.0.5", 3000}})};
    config.layers = {layer(config::LayerName::l1_application, 1)};
    config.strategies = {strategy("all", "/**")};
    return config;
}

inline config::Cidr range_of(const char* address, int prefix_bits) {
    auto parsed = asio::ip::make_address(address);
    if (parsed.is_v4()) {
        parsed = asio::ip::make_address_v6(asio::ip::v4_mapped, parsed.to_v4());
        prefix_bits += 96;
    }
    config::Cidr range;
    const auto bytes = parsed.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), range.address);
    range.prefix_bits = prefix_bits;
    return range;
}

// Where a request comes from.
struct Peer {
    const char* address = "192.0.2.1";
    bool tls = false;
    std::vector<config::Cidr> trusted = {};
    config::ForwardedFamily believed = config::ForwardedFamily::x_forwarded;
};

// "GET / HTTP/1.1\nHost: h\n": a request as bytes, and what identify() made of it.
class Asked {
  public:
    Asked(const Shared& shared, std::string_view text, const Peer& peer = {}) : trusted_(peer.trusted) {
        for (const char c : text) bytes_ += c == '\n' ? std::string("\r\n") : std::string(1, c);
        bytes_ += "\r\n";
        exchange.running = shared.running();
        const auto limits = h1::request_head_limits(exchange.running->config.limits);
        const auto refused = h1::parse_request_head(bytes_, limits, head);
        EXPECT_FALSE(refused) << text << refused.reason;
        exchange.peer = asio::ip::make_address(peer.address);
        exchange.trusted_ranges = &trusted_;
        exchange.peer_trusted = trusted(trusted_, exchange.peer);
        exchange.believed = peer.believed;
        refusal = identify(shared, head, peer.tls, exchange);
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

    h1::RequestHead head;
    Exchange exchange;
    h1::Refusal refusal;

  private:
    std::string bytes_;
    std::vector<config::Cidr> trusted_;
};

}  // namespace larder::proxy
