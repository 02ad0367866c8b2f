#include "proxy/h1/known_names.h"

#include <gtest/gtest.h>

#include <string>

namespace larder::proxy::h1 {
namespace {

TEST(KnownName, IsFoundInAnyCaseAndNowhereElse) {
    EXPECT_EQ(known_name("hOsT"), KnownName::host);
    EXPECT_EQ(known_name("Expect"), KnownName::expect);
    EXPECT_EQ(known_name("UPGRADE"), KnownName::upgrade);
    EXPECT_EQ(known_name("connection"), KnownName::connection);
    EXPECT_EQ(known_name("Content-Length"), KnownName::content_length);
    EXPECT_EQ(known_name("HTTP2-Settings"), KnownName::http2_settings);
    EXPECT_EQ(known_name("Transfer-Encoding"), KnownName::transfer_encoding);
    for (const char* name : {"", "h", "hosts", "Host\x60", "content_length", "accept-ranges!", "Content-Lengthx"}) {
        EXPECT_EQ(known_name(name), KnownName::other) << name;
    }
}

TEST(UnderscoreSpelling, IsSeenForWireNamesOnly) {
    for (const char* name :
         {"Content_Length", "TRANSFER_ENCODING", "x_forwarded_host", "X_Forwarded-For", "x-forwarded_by", "X_Real_IP",
          "proxy_connection", "http2_settings", "X_HTTP_Method_Override"}) {
        EXPECT_TRUE(spells_wire_name_with_underscore(name)) << name;
    }
    for (const char* name : {"Content-Length", "X-Forwarded-For", "my_field", "x_request_id", "_", "content_length_"}) {
        EXPECT_FALSE(spells_wire_name_with_underscore(name)) << name;
    }
    EXPECT_FALSE(spells_wire_name_with_underscore(std::string(1000, '_')));
    EXPECT_TRUE(spells_wire_name_with_underscore("x_forwarded_" + std::string(1000, 'a')));
}

TEST(Trailer, MayCarryOnlyWhatComesTooLateToDecideAnything) {
    for (const char* name : {"Content-Length",
                             "transfer-encoding",
                             "HOST",
                             "Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "Content-Type",
                             "Content-Encoding",
                             "Content-Range",
                             "Trailer",
                             "TE",
                             "Connection",
                             "Cache-Control",
                             "Expect",
                             "Max-Forwards",
                             "Range",
                             "If-Match",
                             "X-Forwarded-For",
                             "Vary",
                             "Proxy-Authenticate",
                             "Location",
                             "Content_Length"}) {
        EXPECT_FALSE(may_be_trailer(name)) << name;
    }
    for (const char* name : {"Content-Digest", "Repr-Digest", "Server-Timing", "grpc-status", "X-Checksum"}) {
        EXPECT_TRUE(may_be_trailer(name)) << name;
    }
}

}  // namespace
}  // namespace larder::proxy::h1
