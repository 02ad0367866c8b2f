#include "policy/target.h"

#include <gtest/gtest.h>

#include <string>

namespace larder::policy {
namespace {

using namespace std::string_literals;

// What is forwarded, or the word of the verdict.
std::string text_of(std::string_view raw, std::string_view method = "GET") {
    Target target;
    const TargetVerdict verdict = canonical_target(raw, method, target);
    return verdict == TargetVerdict::fine ? target.text : word(verdict);
}

struct Case {
    const char* id;
    const char* section;
    std::string raw;
    std::string expected;
};

TEST(Target, HasOneSpellingForOnePath) {
    const Case cases[] = {
        {"as it is", "3986 6.2.2", "/a/b;c=d,e:f@g!$&'()*+", "/a/b;c=d,e:f@g!$&'()*+"},
        {"root", "9112 3.2.1", "/", "/"},
        {"unreserved escapes", "3986 6.2.2.2", "/%61%7E%2D%2e%5f%30", "/a~-._0"},
        {"upper-case digits", "3986 6.2.2.1", "/%2fx%c3%a9", "/%2Fx%C3%A9"},
        {"escaped percent stays", "3986 2.4", "/%25%32%35", "/%2525"},
        {"bytes above 7f", "3986 2.1", "/\xc3\xa9", "/%C3%A9"},
        {"bytes no path may hold", "3986 3.3", "/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {"reserved escapes stay", "3986 2.2", "/a%3bb%3Fc%23d%40", "/a%3Bb%3Fc%23d%40"},
        {"dot", "3986 5.2.4", "/a/./b", "/a/b"},
        {"dots", "3986 5.2.4", "/a/x/../b", "/a/b"},
        {"dot last", "3986 5.2.4", "/a/.", "/a/"},
        {"dots last", "3986 5.2.4", "/a/b/..", "/a/"},
        {"only dots", "3986 5.2.4", "/..", "/"},
        {"the RFC's example", "3986 5.2.4", "/a/b/c/./../../g", "/a/g"},
        {"above the root", "3986 5.2.4", "/../../a/../../b", "/b"},
        {"escaped dots", "3986 6.2.2.3", "/a/%2e%2E/b/%2e/c", "/b/c"},
        {"half escaped dots", "3986 6.2.2.3", "/a/.%2e/b", "/b"},
        {"dots behind an escaped slash", "3986 2.2", "/a/..%2fb", "/a/..%2Fb"},
        {"dots with a parameter", "3986 5.2.4", "/a/..;/b", "/a/..;/b"},
        {"three dots", "3986 5.2.4", "/a/.../b", "/a/.../b"},
        {"hidden file", "3986 5.2.4", "/.well-known/x", "/.well-known/x"},
        {"empty segments", "3986 3.3", "//evil.example//x/", "//evil.example//x/"},
        {"dots after an empty segment", "3986 5.2.4", "/a//../b", "/a/b"},
        {"dots after an empty first segment", "3986 5.2.4", "//../a", "/a"},
        {"dots in the query", "3986 3.4", "/a?/../b", "/a?/../b"},
    };
    for (const Case& c : cases) EXPECT_EQ(text_of(c.raw), c.expected) << c.id << ", RFC " << c.section;
}

TEST(Target, LeavesTheQueryAsItCame) {
    EXPECT_EQ(text_of("/a?%61=%2f&b=c+d;e&&x"), "/a?%61=%2f&b=c+d;e&&x");
    EXPECT_EQ(text_of("/a?"), "/a?");
    EXPECT_EQ(text_of("/a??b?"), "/a??b?");
    EXPECT_EQ(text_of("/a?\xff=\"<>\\^`{|}"), "/a?%FF=\"<>\\^`{|}");
    EXPECT_EQ(text_of("/%41?%00"), "/A?%00");
}

TEST(Target, IsRefusedWhereItIsNone) {
    const char* form = word(TargetVerdict::bad_form);
    const char* byte = word(TargetVerdict::bad_byte);
    const char* escape = word(TargetVerdict::bad_escape);
    const char* authority = word(TargetVerdict::bad_authority);
    const Case cases[] = {
        {"empty", "9112 3.2", "", form},
        {"relative", "9112 3.2", "admin/x", form},
        {"query only", "9112 3.2", "?x", form},
        {"authority", "9112 3.2.3", "example:80", form},
        {"asterisk", "9112 3.2.4", "*", form},
        {"asterisk and more", "9112 3.2.4", "*/x", form},
        {"file", "9110 4.2", "file:///etc/passwd", form},
        {"gopher", "9110 4.2", "gopher://127.0.0.1:6379/_x", form},
        {"backslashes", "9110 4.2", "http:\\\\evil.example/", form},
        {"one slash", "9110 4.2", "http:/evil.example/", form},
        {"empty authority", "9110 4.2.1", "http:///x", authority},
        {"no authority", "9110 4.2.1", "http://", authority},
        {"query for an authority", "9110 4.2.1", "http://?x", authority},
        {"fragment", "9112 3.2", "/a#b", byte},
        {"fragment in the query", "9112 3.2", "/a?b#c", byte},
        {"fragment after an authority", "9112 3.2", "http://h#f", byte},
        {"space", "9112 3.2", "/a b", byte},
        {"space in the query", "9112 3.2", "/a?b c", byte},
        {"NUL", "9112 3.2", "/a\0"s, byte},
        {"BEL", "9112 3.2", "/a\a", byte},
        {"DEL", "9112 3.2", "/a\x7f", byte},
        {"DEL in the query", "9112 3.2", "/a?\x7f", byte},
        {"no digits", "3986 2.1", "/%zz", escape},
        {"one digit", "3986 2.1", "/%a", escape},
        {"lone percent", "3986 2.1", "/a%", escape},
        {"percent before the query", "3986 2.1", "/a%2?0", escape},
        {"no digits in the query", "3986 2.1", "/a?%g0", escape},
        {"cut in the query", "3986 2.1", "/a?%0", escape},
        {"escaped NUL", "3986 7.3", "/a%00b", escape},
    };
    for (const Case& c : cases) EXPECT_EQ(text_of(c.raw), c.expected) << c.id << ", RFC " << c.section;
}

TEST(Target, OfAbsoluteFormIsReducedToOriginForm) {
    Target target;
    ASSERT_EQ(canonical_target("HtTp://User@H:80/a/../%62?c", "GET", target), TargetVerdict::fine);
    EXPECT_EQ(target.text, "/b?c");
    EXPECT_EQ(target.path(), "/b");
    EXPECT_EQ(target.query(), "c");
    EXPECT_EQ(target.scheme, "http");
    EXPECT_EQ(target.authority, "User@H:80");
    ASSERT_EQ(canonical_target("https://h", "GET", target), TargetVerdict::fine);
    EXPECT_EQ(target.text, "/");
    EXPECT_EQ(target.scheme, "https");
    ASSERT_EQ(canonical_target("http://h?q", "GET", target), TargetVerdict::fine);
    EXPECT_EQ(target.text, "/?q");
    EXPECT_EQ(target.authority, "h");
    ASSERT_EQ(canonical_target("/a?", "GET", target), TargetVerdict::fine);
    EXPECT_TRUE(target.has_query);
    EXPECT_EQ(target.query(), "");
    EXPECT_EQ(target.scheme, "");
    EXPECT_EQ(target.authority, "");
}

TEST(Target, IsAnAsteriskOnlyForOptions) {
    EXPECT_EQ(text_of("*", "OPTIONS"), "*");
    EXPECT_EQ(text_of("http://h", "OPTIONS"), "*");  // RFC 9112 section 3.2.4
    EXPECT_EQ(text_of("http://h/", "OPTIONS"), "/");
    EXPECT_EQ(text_of("http://h?q", "OPTIONS"), "/?q");
    EXPECT_EQ(text_of("*", "options"), word(TargetVerdict::bad_form));
}

TEST(Target, StaysTheSameWhenReadAgain) {
    for (const char* raw : {"/%2e%2e/%61/%2F?%2f\xff", "//..//a", "/%25%32%66", "/a/b/../../..//c/.", "/\\..\\%5c"}) {
        const std::string once = text_of(raw);
        EXPECT_EQ(text_of(once), once) << raw;
    }
}

std::string authority_of(std::string_view raw, bool https = false) {
    std::string out = "left over";
    return canonical_authority(raw, https, out) ? out : "refused";
}

TEST(Authority, HasOneSpelling) {
    EXPECT_EQ(authority_of("ExAmple.COM"), "example.com");
    EXPECT_EQ(authority_of("a_b-c.d9"), "a_b-c.d9");
    for (const char* fully_qualified : {"api.example.", "API.example.:80", "api.example.:"}) {
        EXPECT_EQ(authority_of(fully_qualified), "api.example") << fully_qualified;
    }
    EXPECT_EQ(authority_of("api.example.:8080"), "api.example:8080");
    EXPECT_EQ(authority_of("127.0.0.1."), "127.0.0.1");
    EXPECT_EQ(authority_of("h:80"), "h");
    EXPECT_EQ(authority_of("h:"), "h");
    EXPECT_EQ(authority_of("h:443"), "h:443");
    EXPECT_EQ(authority_of("h:443", true), "h");
    EXPECT_EQ(authority_of("h:80", true), "h:80");
    EXPECT_EQ(authority_of("h:00080"), "h");
    EXPECT_EQ(authority_of("h:008080"), "h:8080");
    EXPECT_EQ(authority_of("h:65535"), "h:65535");
    EXPECT_EQ(authority_of("h:0"), "h:0");
    EXPECT_EQ(authority_of("127.0.0.1:8080"), "127.0.0.1:8080");
    EXPECT_EQ(authority_of("[::1]"), "[::1]");
    EXPECT_EQ(authority_of("[2001:DB8::A]:80"), "[2001:db8::a]");
    EXPECT_EQ(authority_of("[::ffff:1.2.3.4]:81"), "[::ffff:1.2.3.4]:81");
}

TEST(Authority, IsRefusedWhereItIsNoHost) {
    for (const std::string& raw : {""s,
                                   ":"s,
                                   ":80"s,
                                   "."s,
                                   ".h"s,
                                   "a..b"s,
                                   "h.."s,
                                   "u@h"s,
                                   "u:p@h"s,
                                   "h/evil"s,
                                   "h?x"s,
                                   "h#x"s,
                                   "h\\x"s,
                                   "h evil"s,
                                   " h"s,
                                   "\"h\""s,
                                   "h,evil"s,
                                   "h%2e"s,
                                   "h%00"s,
                                   "h\0"s,
                                   "h\x7f"s,
                                   "caf\xc3\xa9"s,
                                   "h!"s,
                                   "h(x)"s,
                                   "h:99999"s,
                                   "h:65536"s,
                                   "h:123456"s,
                                   "h:-1"s,
                                   "h:+80"s,
                                   "h:8 0"s,
                                   "h:80:80"s,
                                   "h:http"s,
                                   "h::80"s,
                                   "[::1"s,
                                   "::1"s,
                                   "[]"s,
                                   "[::1]x"s,
                                   "[::1]80"s,
                                   "[::1]:x"s,
                                   "[g::1]"s,
                                   "[1.2.3.4]"s,
                                   "[::1%25eth0]"s,
                                   "[v1.x]"s,
                                   "[::1\0]"s,
                                   "[1:2:3:4:5:6:7:8:9]"s,
                                   "[:::]"s,
                                   std::string(300, 'a')}) {
        EXPECT_EQ(authority_of(raw), "refused") << raw;
    }
}

TEST(RequestAuthority, IsTheAbsoluteFormsAndNoOther) {
    struct Row {
        const char* id;
        const char* target;
        const char* host;  // nullptr: absent
        bool https;
        TargetVerdict verdict;
        const char* authority;
    };
    const Row rows[] = {
        {"Host", "/", "H:80", false, TargetVerdict::fine, "h"},
        {"none in HTTP/1.0", "/", nullptr, false, TargetVerdict::fine, ""},
        {"empty Host", "/", "", false, TargetVerdict::bad_authority, ""},
        {"bad Host", "/", "h evil", false, TargetVerdict::bad_authority, ""},
        {"absolute-form alone", "http://H:080/", nullptr, false, TargetVerdict::fine, "h"},
        {"the same host", "http://h/", "H:80", false, TargetVerdict::fine, "h"},
        {"another host", "http://evil/", "h", false, TargetVerdict::hosts_differ, ""},
        {"another port", "http://h:22/", "h", false, TargetVerdict::hosts_differ, ""},
        {"bad Host beside it", "http://h/", "h/x", false, TargetVerdict::bad_authority, ""},
        {"user information", "http://u:p@h/", "h", false, TargetVerdict::bad_authority, ""},
        {"user that looks like a host", "http://h@evil/", "h", false, TargetVerdict::bad_authority, ""},
        {"port alone", "http://:80/", "h", false, TargetVerdict::bad_authority, ""},
        {"https on a clear connection", "https://h/", "h", false, TargetVerdict::wrong_scheme, ""},
        {"http on a secure connection", "http://h/", "h", true, TargetVerdict::wrong_scheme, ""},
        {"https", "https://h:443/", "h", true, TargetVerdict::fine, "h"},
    };
    for (const Row& row : rows) {
        Target target;
        ASSERT_EQ(canonical_target(row.target, "GET", target), TargetVerdict::fine) << row.id;
        std::string authority;
        const bool present = row.host != nullptr;
        EXPECT_EQ(request_authority(target, present, present ? row.host : "", row.https, authority), row.verdict)
            << row.id;
        if (row.verdict != TargetVerdict::fine) continue;
        EXPECT_EQ(authority, row.authority) << row.id;
    }
}

TEST(TargetVerdict, HasAStatus) {
    EXPECT_EQ(status(TargetVerdict::fine), 0);
    EXPECT_EQ(status(TargetVerdict::bad_byte), 400);
    EXPECT_EQ(status(TargetVerdict::hosts_differ), 400);
    EXPECT_EQ(status(TargetVerdict::wrong_scheme), 421);
}

}  // namespace
}  // namespace larder::policy
