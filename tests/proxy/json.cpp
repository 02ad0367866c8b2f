#include "proxy/json.h"

#include <gtest/gtest.h>

namespace larder::proxy {
namespace {

std::string json(std::string_view text, std::size_t most = 8192) {
    std::string out = "before:";
    append_json_string(out, text, most);
    EXPECT_TRUE(out.starts_with("before:"));
    return out.substr(7);
}

struct Case {
    const char* id;
    std::string_view text;
    const char* json;
};

using namespace std::string_view_literals;

const Case cases[] = {
    {"empty", "", R"("")"},
    {"plain", "a /b~", R"("a /b~")"},
    {"RFC 8259 section 7: quote and backslash", "a\"b\\c", R"("a\"b\\c")"},
    {"control characters", "\n\r\t\x01\x1f"sv, R"("\u000a\u000d\u0009\u0001\u001f")"},
    {"NUL", "a\0b"sv, R"("a\u0000b")"},
    {"DEL and C1", "\x7f\xc2\x80\xc2\x9f", R"("\u007f\u0080\u009f")"},
    {"two bytes", "\xc2\xa0\xc3\xa4", "\"\xc2\xa0\xc3\xa4\""},
    {"three bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\""},
    {"four bytes", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
    {"line and paragraph separators", "\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},
    {"a lone continuation byte", "a\x80z", R"("a\u0080z")"},
    {"a byte that begins nothing", "\xff\xfe", R"("\u00ff\u00fe")"},
    {"cut off", "\xe2\x82", R"("\u00e2\u0082")"},
    {"cut off by ASCII", "\xe2\x82z", R"("\u00e2\u0082z")"},
    {"RFC 3629 section 3: overlong", "\xc0\xaf\xe0\x80\xaf", R"("\u00c0\u00af\u00e0\u0080\u00af")"},
    {"a surrogate", "\xed\xa0\x80", R"("\u00ed\u00a0\u0080")"},
    {"above the last code point", "\xf4\x90\x80\x80", R"("\u00f4\u0090\u0080\u0080")"},
};

TEST(Json, EscapesWhatWouldEndALineOrAString) {
    for (const Case& c : cases) EXPECT_EQ(json(c.text), c.json) << c.id;
}

TEST(Json, HasNoByteThatCouldEndALine) {
    for (unsigned first = 0; first < 256; ++first) {
        for (const unsigned second : {0u, 10u, 34u, 92u, 0x80u, 0xbfu, 0xffu}) {
            const std::string text = {static_cast<char>(first), static_cast<char>(second)};
            const std::string out = json(text);
            for (const char c : out) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << first << ' ' << second;
            EXPECT_TRUE(out.size() >= 2 && out.front() == '"' && out.back() == '"');
        }
    }
}

TEST(Json, TakesNoMoreThanIsAsked) {
    EXPECT_EQ(json("abcdef", 3), R"("abc")");
    EXPECT_EQ(json("abc", 3), R"("abc")");
    EXPECT_EQ(json("a\xe2\x82\xac", 2), R"("a\u00e2")");
    EXPECT_EQ(json("abc", 0), R"("")");
}

}  // namespace
}  // namespace larder::proxy
