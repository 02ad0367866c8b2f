#include "proxy/h1/line_rules.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace larder::proxy::h1 {
namespace {

bool reads(const std::string& line) {
    policy::Field field;
    return read_field_line(line, field) == nullptr;
}

// RFC 9110 sections 5.5 and 5.6.2, in other words than the table's.
bool is_control(unsigned c) {
    return (c < 0x20 && c != '\t') || c == 0x7f;
}
bool is_tchar(unsigned c) {
    return c < 0x7f &&
           (std::isalnum(static_cast<int>(c)) != 0 ||
            (c > 0x20 && std::string("\"(),/:;<=>?@[\\]{}").find(static_cast<char>(c)) == std::string::npos));
}

TEST(FieldLine, TakesNoControlCharacterAnywhereInItsValue) {
    const std::string value(27, 'v');
    for (unsigned c = 0; c < 256; ++c) {
        for (std::size_t at = 0; at < value.size(); ++at) {
            std::string changed = value;
            changed[at] = static_cast<char>(c);
            ASSERT_EQ(reads("Name: " + changed), !is_control(c)) << "byte " << c << " at " << at;
        }
    }
}

TEST(FieldLine, TakesOnlyTokensAsItsName) {
    for (unsigned c = 0; c < 256; ++c) {
        if (c == ':') continue;  // ends the name
        for (std::size_t at = 0; at < 4; ++at) {
            std::string name = "Name";
            name[at] = static_cast<char>(c);
            ASSERT_EQ(reads(name + ": v"), is_tchar(c)) << "byte " << c << " at " << at;
        }
    }
}

TEST(FieldLine, StripsOnlySpacesAndTabsAroundItsValue) {
    policy::Field field;
    ASSERT_EQ(read_field_line("A:\t \xa0 b\tc \t", field), nullptr);
    EXPECT_EQ(field, (policy::Field{"A", "\xa0 b\tc"}));
    ASSERT_EQ(read_field_line("A: \t", field), nullptr);
    EXPECT_EQ(field, (policy::Field{"A", ""}));
}

TEST(FieldLine, EndsWithCrlfAndNothingElse) {
    std::string_view rest = "one\r\n\r\ntwo\nthree", line;
    ASSERT_TRUE(take_line(rest, line));
    EXPECT_EQ(line, "one");
    ASSERT_TRUE(take_line(rest, line));
    EXPECT_EQ(line, "");
    EXPECT_FALSE(take_line(rest, line));
    rest = "unfinished\r";
    EXPECT_FALSE(take_line(rest, line));
}

}  // namespace
}  // namespace larder::proxy::h1
