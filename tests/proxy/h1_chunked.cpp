#include "proxy/h1/chunked.h"

#include <gtest/gtest.h>

#include <string>

namespace larder::proxy::h1 {
namespace {

using namespace std::string_literals;
using Event = ChunkedReader::Event;

struct Outcome {
    Event event = Event::need_more;
    std::string body;
    std::size_t consumed = 0;
    std::string trailers;
    bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << "{event " << static_cast<int>(outcome.event) << ", body \"" << outcome.body << "\", consumed "
               << outcome.consumed << ", trailers \"" << outcome.trailers << "\"}";
}

Outcome read(std::string_view bytes, std::size_t piece, ChunkLimits limits = {}) {
    ChunkedReader reader(limits, true);
    Outcome outcome;
    while (outcome.consumed < bytes.size()) {
        const ChunkedReader::Step step = reader.feed(bytes.substr(outcome.consumed, piece));
        outcome.consumed += step.consumed;
        outcome.event = step.event == Event::data ? Event::need_more : step.event;
        outcome.body += step.data;
        if (step.event == Event::done || step.event == Event::error) break;
    }
    outcome.trailers = reader.trailers();
    return outcome;
}

struct Case {
    const char* id;
    const char* section;
    std::string bytes;
    Event event;
    std::string body = "";
};

const Case cases[] = {
    {"one chunk", "9112 7.1", "5\r\nhello\r\n0\r\n\r\n", Event::done, "hello"},
    {"two chunks", "9112 7.1", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", Event::done, "hello world"},
    {"empty body", "9112 7.1", "0\r\n\r\n", Event::done},
    {"upper-case digit", "9112 7.1", "A\r\n0123456789\r\n0\r\n\r\n", Event::done, "0123456789"},
    {"lower-case digit", "9112 7.1", "a\r\n0123456789\r\n0\r\n\r\n", Event::done, "0123456789"},
    {"leading zeros", "9112 7.1", "00000000000000000000005\r\nhello\r\n0\r\n\r\n", Event::done, "hello"},
    {"many zeros at the end", "9112 7.1", "5\r\nhello\r\n000\r\n\r\n", Event::done, "hello"},
    {"line ends in the data", "9112 7.1", "4\r\n\r\n\r\n\r\n0\r\n\r\n", Event::done, "\r\n\r\n"},
    {"unfinished", "9112 8", "5\r\nhel", Event::need_more, "hel"},
    {"no last chunk", "9112 8", "5\r\nhello\r\n", Event::need_more, "hello"},
    {"no end of trailers", "9112 8", "0\r\n", Event::need_more},
    {"greatest size", "9112 7.1", "7fffffffffffffff\r\nx", Event::need_more, "x"},
    {"size of 33 bits", "9112 7.1", "100000005\r\nhello\r\n0\r\n\r\n", Event::need_more, "hello\r\n0\r\n\r\n"},
    {"size too large", "9112 7.1", "8000000000000000\r\n", Event::error},
    {"size wraps", "9112 7.1", "10000000000000005\r\nhello", Event::error},
    {"plus", "9112 7.1", "+5\r\nhello\r\n0\r\n\r\n", Event::error},
    {"minus", "9112 7.1", "-5\r\nhello\r\n0\r\n\r\n", Event::error},
    {"prefix", "9112 7.1", "0x5\r\nhello\r\n0\r\n\r\n", Event::error},
    {"underscore", "9112 7.1", "0_5\r\nhello\r\n0\r\n\r\n", Event::error},
    {"space first", "9112 7.1", " 5\r\nhello\r\n0\r\n\r\n", Event::error},
    {"tab first", "9112 7.1", "\t5\r\nhello\r\n0\r\n\r\n", Event::error},
    {"space behind", "9112 7.1.1", "5 \r\nhello\r\n0\r\n\r\n", Event::error},
    {"not hexadecimal", "9112 7.1", "5z\r\nhello\r\n0\r\n\r\n", Event::error},
    {"no size", "9112 7.1", "\r\nhello", Event::error},
    {"no size but an extension", "9112 7.1", ";a=b\r\nhello\r\n0\r\n\r\n", Event::error},
    {"bare LF after the size", "9112 2.2", "5\nhello\r\n0\r\n\r\n", Event::error},
    {"bare LF after the last size", "9112 2.2", "0\n\n", Event::error},
    {"CR and another byte", "9112 7.1", "5\rXhello\r\n0\r\n\r\n", Event::error},
    {"CR twice", "9112 7.1", "2\r\r;a\r\n02\r\n41\r\n0\r\n\r\n", Event::error},
    {"data without an end", "9112 7.1", "5\r\nhello0\r\n\r\n", Event::error, "hello"},
    {"data too long", "9112 7.1", "4\r\nhello\r\n0\r\n\r\n", Event::error, "hell"},
    {"data ended by LF", "9112 7.1", "5\r\nhello\n0\r\n\r\n", Event::error, "hello"},
    {"data ended by CR", "9112 7.1", "5\r\nhello\r0\r\n\r\n", Event::error, "hello"},
    {"other bytes as the end", "9112 7.1", "5\r\nhello\r\n0\r\nXXGET / HTTP/1.1\r\n\r\n", Event::error, "hello"},
    {"extension", "9112 7.1.1", "5;name=value;flag\r\nhello\r\n0;x\r\n\r\n", Event::done, "hello"},
    {"extension with white space", "9112 7.1.1", "5 \t; a = b ;c\r\nhello\r\n0\r\n\r\n", Event::done, "hello"},
    {"quoted extension", "9112 7.1.1", "5;n=\"v;\\\" \\\\x\"; m\r\nhello\r\n0\r\n\r\n", Event::done, "hello"},
    {"empty extension", "9112 7.1.1", "5;\r\nhello\r\n0\r\n\r\n", Event::error},
    {"extension without a value", "9112 7.1.1", "5;a=\r\nhello\r\n0\r\n\r\n", Event::error},
    {"extension without a name", "9112 7.1.1", "5;=b\r\nhello\r\n0\r\n\r\n", Event::error},
    {"space behind a name", "9112 7.1.1", "5;a \r\nhello\r\n0\r\n\r\n", Event::error},
    {"space behind a value", "9112 7.1.1", "5;a=b \r\nhello\r\n0\r\n\r\n", Event::error},
    {"two names", "9112 7.1.1", "5;a b\r\nhello\r\n0\r\n\r\n", Event::error},
    {"two values", "9112 7.1.1", "5;a=b c\r\nhello\r\n0\r\n\r\n", Event::error},
    {"byte behind a quoted value", "9112 7.1.1", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n", Event::error},
    {"bare LF as an extension", "9112 7.1.1", "5;\nhello\r\n0\r\n\r\n", Event::error},
    {"bare LF in an extension", "9112 7.1.1", "5;a=b\nhello\r\n0\r\n\r\n", Event::error},
    {"bare CR in an extension", "9112 7.1.1", "5;a\rb\r\nhello\r\n0\r\n\r\n", Event::error},
    {"NUL in an extension", "9112 7.1.1", "5;a\0b\r\nhello\r\n0\r\n\r\n"s, Event::error},
    {"line end in quotes", "9112 7.1.1", "5;x=\"\r\nhello\r\n0\r\n\r\n", Event::error},
    {"escaped line end", "9112 7.1.1", "5;x=\"\\\r\nhello\r\n0\r\n\r\n", Event::error},
    {"control character in quotes", "9112 7.1.1", "5;x=\"\x01\"\r\nhello\r\n0\r\n\r\n", Event::error},
    {"trailer", "9112 7.1.2", "0\r\nX-T: a\r\n\r\n", Event::done},
    {"folded trailer", "9112 5.2", "0\r\nX: a\r\n b\r\n\r\n", Event::error},
    {"trailer with a space before the colon", "9112 5.1", "0\r\nX : a\r\n\r\n", Event::error},
    {"trailer without a colon", "9112 5", "0\r\nnope\r\n\r\n", Event::error},
    {"trailer with a control character", "9110 5.5", "0\r\nX: \x01\r\n\r\n", Event::error},
    {"bare LF after a trailer", "9112 2.2", "0\r\nX: a\n\r\n", Event::error},
    {"bare LF as the end of trailers", "9112 2.2", "0\r\nX: a\r\n\n", Event::error},
};

TEST(ChunkedReader, GivesTheSameBodyHoweverTheMessageIsCut) {
    for (const Case& c : cases) {
        const Outcome whole = read(c.bytes, c.bytes.size());
        EXPECT_EQ(whole.event, c.event) << c.id << ", RFC " << c.section;
        EXPECT_EQ(whole.body, c.body) << c.id << ", RFC " << c.section;
        for (const std::size_t piece : {1, 2, 3, 7}) {
            EXPECT_EQ(read(c.bytes, piece), whole) << c.id << " in pieces of " << piece;
        }
    }
}

TEST(ChunkedReader, LeavesWhatBelongsToTheNextMessage) {
    const std::string message = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
        EXPECT_EQ(read(message + "GET /", piece).consumed, message.size());
    }
    ChunkedReader reader{ChunkLimits{}};
    EXPECT_EQ(reader.feed("0\r\n\r\n").event, Event::done);
    const ChunkedReader::Step again = reader.feed("GET /");
    EXPECT_EQ(again.event, Event::done);
    EXPECT_EQ(again.consumed, 0u);
}

TEST(ChunkedReader, StaysInErrorUntilReset) {
    ChunkedReader reader{ChunkLimits{}};
    EXPECT_EQ(reader.feed("x").event, Event::error);
    EXPECT_STREQ(reader.fault(), "bad chunk size");
    EXPECT_EQ(reader.feed("0\r\n\r\n").event, Event::error);
    reader.reset();
    EXPECT_EQ(reader.feed("0\r\n\r\n").event, Event::done);
}

TEST(ChunkedReader, KeepsOnlyTrailersThatMayPass) {
    const std::string message =
        "0\r\nHost: evil\r\nX-Sum:\t1 \r\nAuthorization: x\r\nContent-Length: 5\r\nServer-Timing: a\r\n\r\n";
    EXPECT_EQ(read(message, message.size()).trailers, "X-Sum: 1\r\nServer-Timing: a\r\n");
    ChunkedReader dropping{ChunkLimits{}};
    ASSERT_EQ(dropping.feed(message).event, Event::done);
    EXPECT_EQ(dropping.trailers(), "");
}

TEST(ChunkedReader, HasALimitForEverythingThatIsNotData) {
    ChunkLimits limits;
    limits.line_bytes = 40;
    limits.extension_bytes = 60;
    limits.trailer_bytes = 30;
    limits.trailer_fields = 3;
    const auto event = [&](const std::string& bytes) {
        const Outcome whole = read(bytes, bytes.size(), limits);
        EXPECT_EQ(read(bytes, 1, limits), whole);
        return whole.event;
    };
    const std::string chunk = "1;" + std::string(30, 'e') + "\r\nX\r\n", end = "0\r\n\r\n";
    EXPECT_EQ(event(chunk + chunk + end), Event::done);
    EXPECT_EQ(event(chunk + chunk + "0;e\r\n\r\n"), Event::error) << "extensions of a message";
    EXPECT_EQ(event("1;" + std::string(40, 'e') + "\r\nX\r\n" + end), Event::error) << "a line";
    EXPECT_EQ(event(std::string(40, '0') + "1\r\nX\r\n" + end), Event::error) << "zeros in a line";
    const std::string zeros = std::string(35, '0') + "1\r\nX\r\n";
    EXPECT_EQ(event(zeros + zeros + end), Event::done);
    EXPECT_EQ(event(zeros + zeros + zeros + zeros + end), Event::error) << "zeros of a message";
    EXPECT_EQ(event("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), Event::done);
    EXPECT_EQ(event("0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"), Event::error) << "trailers";
    EXPECT_EQ(event("0\r\nA: " + std::string(40, 'b') + "\r\n\r\n"), Event::error) << "trailer section";
}

TEST(ChunkedReader, TakesAnyNumberOfChunksWithoutExtensions) {
    for (const char* chunk : {"1\r\nX\r\n", "0000000000000001\r\nX\r\n"}) {
        std::string message;
        for (int i = 0; i < 200000; ++i) message += chunk;
        message += "0\r\n\r\n";
        EXPECT_TRUE(read(message, message.size()).body == std::string(200000, 'X')) << chunk;
    }
}

TEST(ChunkWriter, WritesWhatTheReaderReads) {
    char out[chunk_head_max];
    EXPECT_EQ(std::string_view(out, write_chunk_head(out, 0x1a2b)), "1a2b\r\n");
    EXPECT_EQ(std::string_view(out, write_chunk_head(out, ~std::uint64_t{0})), "ffffffffffffffff\r\n");
    const std::string data(300, 'd');
    std::string message(out, write_chunk_head(out, data.size()));
    message.append(data).append("\r\n").append(last_chunk);
    EXPECT_EQ(read(message, message.size()).body, data);
}

}  // namespace
}  // namespace larder::proxy::h1
