#include "proxy/trusted.h"

#include <cstring>

namespace larder::proxy {
namespace {

using boost::asio::ip::address;

std::string_view unquoted(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') return value.substr(1, value.size() - 2);
    return value;
}

// RFC 7239 section 6: an address, IPv6 in brackets, perhaps with a port; else a name that hides it.
std::optional<address> node_address(std::string_view node) {
    node = unquoted(policy::trimmed(node));
    if (node.starts_with('[')) {
        node = node.substr(1, node.find(']') - 1);
    } else if (const auto colon = node.find(':'); colon != std::string_view::npos && colon == node.rfind(':')) {
        node = node.substr(0, colon);
    }
    boost::system::error_code error;
    const auto made = boost::asio::ip::make_address(std::string(node.substr(0, 64)), error);
    if (error) return std::nullopt;
    return made;
}

bool sound_proto(std::string_view proto) {
    return policy::same_name(proto, "http") || policy::same_name(proto, "https");
}

std::vector<std::string_view> elements(const policy::Fields& fields, std::string_view name) {
    std::vector<std::string_view> all;
    policy::for_each_element(fields, name, [&](std::string_view element) {
        all.push_back(element);
        return true;
    });
    return all;
}

std::string_view parameter(std::string_view element, std::string_view name) {
    while (!element.empty()) {
        const std::size_t end = element.find(';');
        const std::string_view pair = policy::trimmed(element.substr(0, end));
        element.remove_prefix(end == std::string_view::npos ? element.size() : end + 1);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && policy::same_name(pair.substr(0, equals), name)) {
            return pair.substr(equals + 1);
        }
    }
    return {};
}

}  // namespace

bool trusted(const std::vector<config::Cidr>& ranges, const address& peer) {
    if (ranges.empty()) return false;
    const auto v6 =
        peer.is_v6() ? peer.to_v6() : boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, peer.to_v4());
    const auto bytes = v6.to_bytes();
    for (const config::Cidr& range : ranges) {
        const auto whole = static_cast<std::size_t>(range.prefix_bits / 8);
        if (std::memcmp(bytes.data(), range.address, whole) != 0) continue;
        const int rest = range.prefix_bits % 8;
        if (rest == 0 || ((bytes[whole] ^ range.address[whole]) >> (8 - rest)) == 0) return true;
    }
    return false;
}

std::string text_of(const address& from) {
    if (from.is_v6() && from.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, from.to_v6()).to_string();
    }
    return from.to_string();
}

Said what_is_said(const policy::Fields& fields, config::ForwardedFamily believed,
                  const std::vector<config::Cidr>& ranges) {
    using Family = config::ForwardedFamily;
    Said said;
    const bool standard = believed == Family::forwarded || (believed == Family::both && fields.has("forwarded"));
    const auto hops = elements(fields, standard ? "forwarded" : "x-forwarded-for");
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        const auto client = node_address(standard ? parameter(*hop, "for") : *hop);
        if (!client) break;
        said.client = client;
        if (!trusted(ranges, *client)) break;
    }
    if (standard) {
        if (!hops.empty()) {
            said.proto = unquoted(parameter(hops.back(), "proto"));
            said.host = unquoted(parameter(hops.back(), "host"));
        }
    } else {
        const auto protos = elements(fields, "x-forwarded-proto");
        const auto hosts = elements(fields, "x-forwarded-host");
        if (!protos.empty()) said.proto = protos.back();
        if (!hosts.empty()) said.host = hosts.back();
    }
    if (!sound_proto(said.proto)) said.proto = {};
    return said;
}

}  // namespace larder::proxy
