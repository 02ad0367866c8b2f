#include "proxy/h1/framing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/h1/request_head.h"

namespace larder::proxy::h1 {
namespace {

using Verdict = FramingFields::Verdict;

struct Case {
    const char* id;
    const char* section;
    std::vector<std::string> lengths;
    std::vector<std::string> codings;
    Verdict expected;
    std::uint64_t length = 0;
};

const Case cases[] = {
    {"nothing", "9112 6.3", {}, {}, Verdict::fine},
    {"a length", "9110 8.6", {"5"}, {}, Verdict::fine, 5},
    {"zero", "9110 8.6", {"0"}, {}, Verdict::fine, 0},
    {"leading zeros", "9110 8.6", {"0000000000000000000000005"}, {}, Verdict::fine, 5},
    {"equal lines", "9112 6.3", {"5", "5"}, {}, Verdict::fine, 5},
    {"equal list", "9112 6.3", {"5, 5"}, {}, Verdict::fine, 5},
    {"equal list without a space", "9112 6.3", {"5,\t05"}, {}, Verdict::fine, 5},
    {"greatest", "9110 8.6", {"9223372036854775807"}, {}, Verdict::fine, max_body_size},
    {"one too many", "9110 8.6", {"9223372036854775808"}, {}, Verdict::bad_length},
    {"wraps 64 bits", "9110 8.6", {"18446744073709551621"}, {}, Verdict::bad_length},
    {"differing lines", "9112 6.3", {"5", "6"}, {}, Verdict::bad_length},
    {"differing lines, zero first", "9112 6.3", {"0", "5"}, {}, Verdict::bad_length},
    {"differing list", "9112 6.3", {"5, 6"}, {}, Verdict::bad_length},
    {"comma first", "9112 6.3", {",5"}, {}, Verdict::bad_length},
    {"comma last", "9112 6.3", {"5,"}, {}, Verdict::bad_length},
    {"empty", "9110 8.6", {""}, {}, Verdict::bad_length},
    {"empty beside a number", "9110 8.6", {"5", ""}, {}, Verdict::bad_length},
    {"negative", "9110 8.6", {"-5"}, {}, Verdict::bad_length},
    {"plus", "9110 8.6", {"+5"}, {}, Verdict::bad_length},
    {"hexadecimal", "9110 8.6", {"0x5"}, {}, Verdict::bad_length},
    {"octal", "9110 8.6", {"0o5"}, {}, Verdict::bad_length},
    {"underscore", "9110 8.6", {"1_0"}, {}, Verdict::bad_length},
    {"decimal point", "9110 8.6", {"5.0"}, {}, Verdict::bad_length},
    {"exponent", "9110 8.6", {"1e1"}, {}, Verdict::bad_length},
    {"inner space", "9110 8.6", {"5 0"}, {}, Verdict::bad_length},
    {"trailing letters", "9110 8.6", {"5abc"}, {}, Verdict::bad_length},
    {"no-break space",
     "9110 8.6",
     {"\xa0"
      "5"},
     {},
     Verdict::bad_length},
    {"quoted", "9110 8.6", {"\"5\""}, {}, Verdict::bad_length},
    {"semicolon", "9110 8.6", {"5;5"}, {}, Verdict::bad_length},
    {"chunked", "9112 7.1", {}, {"chunked"}, Verdict::fine},
    {"chunked in other case", "9112 7", {}, {"ChUnKeD"}, Verdict::fine},
    {"both", "9112 6.1", {"5"}, {"chunked"}, Verdict::length_and_coding},
    {"both, zero", "9112 6.1", {"0"}, {"chunked"}, Verdict::length_and_coding},
    {"both, empty coding", "9112 6.1", {"5"}, {""}, Verdict::length_and_coding},
    {"both, bad length", "9112 6.1", {"x"}, {"chunked"}, Verdict::bad_length},
    {"two lines", "9112 6.1", {}, {"chunked", "chunked"}, Verdict::bad_coding},
    {"two lines, identity", "9112 6.1", {}, {"chunked", "identity"}, Verdict::bad_coding},
    {"chunked twice", "9112 6.1", {}, {"chunked, chunked"}, Verdict::bad_coding},
    {"chunked not last", "9112 6.3", {}, {"chunked, gzip"}, Verdict::bad_coding},
    {"no chunked", "9112 6.3", {}, {"gzip"}, Verdict::bad_coding},
    {"identity", "9112 6.3", {}, {"identity"}, Verdict::bad_coding},
    {"unknown", "9112 6.3", {}, {"xchunked"}, Verdict::bad_coding},
    {"prefix", "9112 6.3", {}, {"chunk"}, Verdict::bad_coding},
    {"parameter", "9112 7.1", {}, {"chunked;q=1"}, Verdict::bad_coding},
    {"quoted coding", "9112 7", {}, {"\"chunked\""}, Verdict::bad_coding},
    {"apostrophes", "9112 7", {}, {"'chunked'"}, Verdict::bad_coding},
    {"comma before it", "9112 6.1", {}, {",chunked"}, Verdict::bad_coding},
    {"comma behind it", "9112 6.1", {}, {"chunked,"}, Verdict::bad_coding},
    {"empty coding", "9112 6.1", {}, {""}, Verdict::bad_coding},
    {"no-break space before it",
     "9112 7",
     {},
     {"\xa0"
      "chunked"},
     Verdict::bad_coding},
    {"Kelvin sign",
     "9112 7",
     {},
     {"chun\xe2\x84\xaa"
      "ed"},
     Verdict::bad_coding},
    {"two words", "9112 7", {}, {"x chunked"}, Verdict::bad_coding},
    {"junk before chunked", "9112 7", {}, {"\"x\", chunked"}, Verdict::bad_coding},
    {"gzip, chunked", "9112 6.1", {}, {"gzip, chunked"}, Verdict::unsupported_coding},
    {"unknown, chunked", "9112 6.1", {}, {"cow, chunked"}, Verdict::unsupported_coding},
};

TEST(Framing, HasOneReadingOrNone) {
    for (const Case& c : cases) {
        FramingFields fields;
        for (const std::string& value : c.lengths) fields.add_content_length(value);
        for (const std::string& value : c.codings) fields.add_transfer_encoding(value);
        EXPECT_EQ(fields.judge(1), c.expected) << c.id << ", RFC " << c.section;
        if (c.expected != Verdict::fine) continue;
        EXPECT_EQ(fields.length(), c.length) << c.id;
    }
}

TEST(Framing, KnowsNoCodingInOldMessages) {
    FramingFields fields;
    fields.add_transfer_encoding("chunked");
    EXPECT_EQ(fields.judge(0), Verdict::coding_in_old_message);
}

TEST(Framing, WritesALengthWithoutItsZeros) {
    for (const auto& [value, digits] : {std::pair{"007, 7", "7"}, {"000", "0"}, {"10", "10"}}) {
        FramingFields fields;
        fields.add_content_length(value);
        EXPECT_EQ(fields.length_digits(), digits);
    }
}

TEST(Framing, DecidesARequest) {
    struct Row {
        const char* fields;
        int status;
        BodyFraming framing;
        std::uint64_t length;
    };
    const Row rows[] = {
        {"", 0, BodyFraming::none, 0},
        {"Content-Length: 0\r\n", 0, BodyFraming::length, 0},
        {"Content-Length: 12\r\ncontent-length: 12\r\n", 0, BodyFraming::length, 12},
        {"tRANSFER-eNCODING: chunked\r\n", 0, BodyFraming::chunked, 0},
        {"Transfer-Encoding: gzip, chunked\r\n", 501, BodyFraming::none, 0},
        {"Transfer-Encoding: gzip\r\n", 400, BodyFraming::none, 0},
        {"Transfer-Encoding: unknown\r\n", 400, BodyFraming::none, 0},
        {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 400, BodyFraming::none, 0},
        {"Content-Length: 4\r\nTransfer-Encoding: \x0b"
         "chunked\r\n",
         400, BodyFraming::none, 0},
    };
    for (const Row& row : rows) {
        RequestHead head;
        const std::string bytes = std::string("POST / HTTP/1.1\r\nHost: h\r\n") + row.fields + "\r\n";
        ASSERT_EQ(parse_request_head(bytes, HeadLimits{}, head).status, row.status) << row.fields;
        if (row.status != 0) continue;
        EXPECT_EQ(head.framing, row.framing) << row.fields;
        EXPECT_EQ(head.content_length, row.length) << row.fields;
    }
    RequestHead head;
    EXPECT_EQ(parse_request_head("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", HeadLimits{}, head).status,
              400);
}

// One stray byte around a framing field either leaves it what it was, or makes another field of it, or is refused.
TEST(Framing, IsNeverDecidedByAStrayByte) {
    for (const bool chunked : {false, true}) {
        const std::string name = chunked ? "Transfer-Encoding" : "Content-Length", value = chunked ? "chunked" : "5";
        const BodyFraming meant = chunked ? BodyFraming::chunked : BodyFraming::length;
        for (unsigned c = 1; c < 256; ++c) {
            const std::string stray(1, static_cast<char>(c));
            const bool blank = c == ' ' || c == '\t', digit = c >= '0' && c <= '9';
            const std::string lines[] = {stray + name + ":" + value, name + stray + ":" + value,
                                         name + ":" + stray + value, name + ":" + value + stray};
            for (const std::string& line : lines) {
                RequestHead head;
                const std::string bytes = "POST / HTTP/1.1\r\nHost: h\r\n" + line + "\r\n\r\n";
                if (parse_request_head(bytes, HeadLimits{}, head)) continue;
                const bool in_name = &line < lines + 2;
                EXPECT_TRUE(in_name || blank || (digit && !chunked)) << line;
                EXPECT_EQ(head.framing, in_name ? BodyFraming::none : meant) << line;
            }
        }
    }
}

}  // namespace
}  // namespace larder::proxy::h1
