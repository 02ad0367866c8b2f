#include "proxy/trusted.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

using boost::asio::ip::make_address;

TEST(Trusted, IsWhoLiesInARange) {
    const struct {
        const char* range;
        int prefix_bits;
        const char* peer;
        bool trusted;
    } cases[] = {
        {"10.0.0.0", 8, "10.255.1.2", true},
        {"10.0.0.0", 8, "11.0.0.0", false},
        {"10.0.0.0", 8, "::ffff:10.1.2.3", true},
        {"10.0.0.0", 8, "::10.1.2.3", false},
        {"192.168.4.0", 22, "192.168.7.255", true},
        {"192.168.4.0", 22, "192.168.8.0", false},
        {"192.0.2.1", 32, "192.0.2.1", true},
        {"192.0.2.1", 32, "192.0.2.2", false},
        {"0.0.0.0", 0, "203.0.113.9", true},
        {"0.0.0.0", 0, "2001:db8::1", false},
        {"fd00::", 8, "fdff::1", true},
        {"fd00::", 8, "fe00::1", false},
        {"2001:db8:8000::", 33, "2001:db8:ffff::1", true},
        {"2001:db8:8000::", 33, "2001:db8:7fff::1", false},
        {"::", 0, "10.0.0.1", true},
        {"2001:db8::1", 128, "2001:db8::1", true},
        {"2001:db8::1", 128, "2001:db8::2", false},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(trusted({range_of(c.range, c.prefix_bits)}, make_address(c.peer)), c.trusted)
            << c.range << '/' << c.prefix_bits << ' ' << c.peer;
    }
    EXPECT_FALSE(trusted({}, make_address("127.0.0.1")));
    EXPECT_TRUE(trusted({range_of("10.0.0.0", 8), range_of("fd00::", 8)}, make_address("fd00::1")));
}

struct Case {
    const char* id;
    const char* fields;
    const char* client;  // "": none
    const char* proto = "";
    const char* host = "";
};

// 10.0.0.0/8 and fd00::/8 are trusted.
const Case cases[] = {
    {"nothing", "Accept: x", ""},
    {"one address", "X-Forwarded-For: 203.0.113.9", "203.0.113.9"},
    {"the last one that is not trusted", "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
    {"several lines are one list", "X-Forwarded-For: 203.0.113.9\nX-Forwarded-For: 10.0.0.2", "203.0.113.9"},
    {"all trusted: the first", "X-Forwarded-For: 10.0.0.1, 10.0.0.2", "10.0.0.1"},
    {"what is no address ends the reading", "X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"},
    {"no address at all", "X-Forwarded-For: unknown", ""},
    {"with a port", "X-Forwarded-For: 203.0.113.9:4711", "203.0.113.9"},
    {"IPv6", "X-Forwarded-For: 2001:db8::9", "2001:db8::9"},
    {"IPv6 with a port", "X-Forwarded-For: [2001:db8::9]:4711", "2001:db8::9"},
    {"trusted IPv6", "X-Forwarded-For: 203.0.113.9, fd00::1", "203.0.113.9"},
    {"the last proxy's word counts", "X-Forwarded-Proto: http, https\nX-Forwarded-Host: a.example, b.example", "",
     "https", "b.example"},
    {"a scheme that is none", "X-Forwarded-Proto: ftp", ""},
    {"RFC 7239 section 4", "Forwarded: for=203.0.113.9;proto=https;host=a.example", "203.0.113.9", "https",
     "a.example"},
    {"names without case, white space", "Forwarded: For=203.0.113.9; PROTO=HTTPS ;Host=a.example", "203.0.113.9",
     "HTTPS", "a.example"},
    {"quoted", "Forwarded: for=\"[2001:db8::9]:4711\";host=\"a.example:8080\"", "2001:db8::9", "", "a.example:8080"},
    {"a comma in quotes", "Forwarded: for=203.0.113.9, for=10.0.0.1;host=\"a,b\"", "203.0.113.9", "", "a,b"},
    {"section 6.3: a name that hides it", "Forwarded: for=203.0.113.9, for=_hidden, for=10.0.0.2", "10.0.0.2"},
    {"a hop without for ends the reading", "Forwarded: for=203.0.113.9, by=10.0.0.3", ""},
    {"scheme and host of the last hop alone", "Forwarded: for=203.0.113.9;proto=https;host=a.example, for=10.0.0.2",
     "203.0.113.9"},
    {"Forwarded counts alone",
     "Forwarded: for=203.0.113.9\nX-Forwarded-For: 1.1.1.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: x",
     "203.0.113.9"},
};

TEST(WhatIsSaid, ReadsFromTheLastHopBackwards) {
    const std::vector<config::Cidr> ranges = {range_of("10.0.0.0", 8), range_of("fd00::", 8)};
    for (const Case& c : cases) {
        const auto fields = policy::fields_of(c.fields);
        const Said said = what_is_said(fields, config::ForwardedFamily::both, ranges);
        EXPECT_EQ(said.client ? said.client->to_string() : "", c.client) << c.id;
        EXPECT_EQ(said.proto, c.proto) << c.id;
        EXPECT_EQ(said.host, c.host) << c.id;
    }
}

TEST(WhatIsSaid, BelievesOneFamilyAlone) {
    using Family = config::ForwardedFamily;
    const std::vector<config::Cidr> ranges = {range_of("10.0.0.0", 8)};
    const auto fields =
        policy::fields_of("Forwarded: for=1.1.1.1;host=std\nX-Forwarded-For: 2.2.2.2\nX-Forwarded-Host: x");
    EXPECT_EQ(what_is_said(fields, Family::x_forwarded, ranges).client->to_string(), "2.2.2.2");
    EXPECT_EQ(what_is_said(fields, Family::x_forwarded, ranges).host, "x");
    EXPECT_EQ(what_is_said(fields, Family::forwarded, ranges).client->to_string(), "1.1.1.1");
    EXPECT_EQ(what_is_said(fields, Family::forwarded, ranges).host, "std");
    const auto one = policy::fields_of("Forwarded: for=1.1.1.1;host=std;proto=https");
    const Said nothing = what_is_said(one, Family::x_forwarded, ranges);
    EXPECT_FALSE(nothing.client);
    EXPECT_EQ(nothing.host, "");
    EXPECT_EQ(nothing.proto, "");
}

}  // namespace
}  // namespace larder::proxy
