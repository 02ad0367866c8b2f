#include "proxy/stored_answer.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/proxy/stored.h"

namespace larder::proxy {
namespace {

using policy::test_time;
using policy::test_time_text;

// What a client gets.
struct Answer {
    int status = 0;
    std::string fields;
    std::string body;
    std::uint64_t length = 0;
    bool bodiless = false;

    std::string of(std::string_view name) const {
        std::string_view rest = fields;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find("\r\n"));
            rest.remove_prefix(line.size() + 2);
            const std::size_t colon = line.find(':');
            if (policy::same_name(line.substr(0, colon), name)) return std::string(line.substr(colon + 2));
        }
        return "-";
    }
};

std::string taken(StoredAnswer& stored_answer) {
    std::string body;
    Gather gather;
    while (stored_answer.next(gather)) {
        for (const auto& buffer : gather.view()) body.append(static_cast<const char*>(buffer.data()), buffer.size());
        gather.clear();
    }
    EXPECT_TRUE(gather.empty());
    return body;
}

Answer answer(StoredAnswer& stored_answer, const storage::Object& object, std::string_view request_fields,
              std::string_view method = "GET") {
    const Asking asking(request_fields, method);
    stored_answer.prepare(asking.exchange, object, test_time);
    Answer result{stored_answer.status(), stored_answer.fields(), {}, stored_answer.length(), stored_answer.bodiless()};
    result.body = taken(stored_answer);
    return result;
}

Answer answer(const storage::Object& object, std::string_view request_fields, std::string_view method = "GET") {
    StoredAnswer stored_answer;
    return answer(stored_answer, object, request_fields, method);
}

TEST(StoredAnswer, IsTheWholeResponse) {
    const auto whole = answer(stored(), "Accept: x");
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.body, stored_text);
    EXPECT_EQ(whole.length, stored_text.size());
    EXPECT_FALSE(whole.bodiless);
    EXPECT_EQ(whole.fields,
              "Content-Type: text/plain\r\nETag: \"e\"\r\nContent-Language: de\r\nX-Other: 1\r\n"
              "Age: 12\r\nCache-Status: larder; hit\r\n");
}

TEST(StoredAnswer, GivesABodyOfAnyNumberOfPieces) {
    std::string large;
    for (int i = 0; i < 1000; ++i) large += std::to_string(i) + ",";
    for (const std::size_t piece_size : {1, 7, 100, 5000}) {
        EXPECT_EQ(answer(stored(piece_size, large), "").body, large) << piece_size;
    }
}

TEST(StoredAnswer, MayHaveNoBody) {
    auto object = stored(5, "");
    EXPECT_EQ(answer(object, "").body, "");
    EXPECT_EQ(answer(object, "").length, 0u);
    object.body = nullptr;
    EXPECT_EQ(answer(object, "").body, "");
    object.status = 204;
    EXPECT_TRUE(answer(object, "").bodiless);
    EXPECT_EQ(answer(object, "").status, 204);
}

TEST(StoredAnswer, TellsHeadTheLengthWithoutTheBody) {
    const auto head = answer(stored(), "Range: bytes=0-1", "HEAD");
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.bodiless);
    EXPECT_EQ(head.length, stored_text.size());
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(head.of("Content-Type"), "text/plain");
}

TEST(StoredAnswer, IsNotModifiedForWhoHasIt) {
    const std::string since = "If-Modified-Since: " + std::string(test_time_text);
    for (const std::string& request : {std::string("If-None-Match: \"x\", W/\"e\""), std::string("If-None-Match: *"),
                                       since, std::string("If-None-Match: \"e\"\nRange: bytes=0-1")}) {
        for (const char* method : {"GET", "HEAD"}) {
            const auto not_modified = answer(stored(), request, method);
            EXPECT_EQ(not_modified.status, 304) << request;
            EXPECT_TRUE(not_modified.bodiless);
            EXPECT_EQ(not_modified.body, "");
            EXPECT_EQ(not_modified.of("ETag"), "\"e\"");
            EXPECT_EQ(not_modified.of("Content-Type"), "-");  // RFC 9110 section 15.4.5
            EXPECT_EQ(not_modified.of("Content-Language"), "-");
            EXPECT_EQ(not_modified.of("X-Other"), "1");
            EXPECT_EQ(not_modified.of("Age"), "12");
        }
    }
    EXPECT_EQ(answer(stored(), "If-None-Match: \"x\"\n" + since).status, 200);  // section 13.1.3
}

TEST(StoredAnswer, KeepsContentLocationInNotModified) {
    auto object = stored();
    object.fields += "Content-Location: /x\r\n";
    EXPECT_EQ(answer(object, "If-None-Match: \"e\"").of("Content-Location"), "/x");
}

struct Case {
    const char* range;
    const char* content_range;
    const char* body;
};

const Case single[] = {
    {"0-0", "bytes 0-0/36", "0"},
    {"0-4", "bytes 0-4/36", "01234"},  // just a piece
    {"4-5", "bytes 4-5/36", "45"},     // across a boundary
    {"5-9", "bytes 5-9/36", "56789"},  // from boundary to boundary
    {"3-21", "bytes 3-21/36", "3456789abcdefghijkl"},
    {"35-", "bytes 35-35/36", "z"},
    {"30-99", "bytes 30-35/36", "uvwxyz"},
    {"-1", "bytes 35-35/36", "z"},
    {"-7", "bytes 29-35/36", "tuvwxyz"},
    {"-99", "bytes 0-35/36", "0123456789abcdefghijklmnopqrstuvwxyz"},
    {"0-", "bytes 0-35/36", "0123456789abcdefghijklmnopqrstuvwxyz"},
};

// The origin's own, beside its 200, means nothing (RFC 9110 section 14.4).
TEST(StoredAnswer, APartHasOneContentRange) {
    auto object = stored();
    object.fields += "Content-Range: bytes 7-9/10\r\n";
    const auto part = answer(object, "Range: bytes=0-4");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.of("Content-Range"), "bytes 0-4/36");
    EXPECT_EQ(part.fields.find("7-9/10"), std::string::npos);
    EXPECT_EQ(answer(object, "Range: bytes=0-0,2-2").fields.find("7-9/10"), std::string::npos);
}

TEST(StoredAnswer, GivesTheRangeAskedFor) {
    for (const std::size_t piece_size : {1, 3, 5, 36, 1000}) {
        for (const Case& c : single) {
            const auto part = answer(stored(piece_size), std::string("Range: bytes=") + c.range);
            EXPECT_EQ(part.status, 206) << c.range;
            EXPECT_EQ(part.of("Content-Range"), c.content_range);
            EXPECT_EQ(part.of("Content-Type"), "text/plain");
            EXPECT_EQ(part.of("ETag"), "\"e\"");  // RFC 9110 section 15.3.7
            EXPECT_EQ(part.of("Age"), "12");
            EXPECT_EQ(part.body, c.body) << c.range << " in pieces of " << piece_size;
            EXPECT_EQ(part.length, part.body.size());
        }
    }
}

std::string multipart(const Answer& parts, std::initializer_list<Case> expected, const std::string& type) {
    const std::string prefix = "multipart/byteranges; boundary=";
    const std::string boundary = parts.of("Content-Type").substr(prefix.size());
    std::string body;
    for (const Case& c : expected) {
        body += body.empty() ? "--" : "\r\n--";
        body += boundary + "\r\n" + type + "Content-Range: " + c.content_range + "\r\n\r\n" + c.body;
    }
    return body + "\r\n--" + boundary + "--\r\n";
}

TEST(StoredAnswer, GivesSeveralRangesInTheOrderAskedFor) {
    // RFC 9110 section 14.6.
    const Case cases[] = {{"", "bytes 30-31/36", "uv"}, {"", "bytes 0-6/36", "0123456"}, {"", "bytes 35-35/36", "z"}};
    for (const std::size_t piece_size : {1, 5, 36}) {
        const auto parts = answer(stored(piece_size), "Range: bytes=30-31, 0-6, -1");
        EXPECT_EQ(parts.status, 206);
        EXPECT_TRUE(parts.of("Content-Type").starts_with("multipart/byteranges; boundary="));
        EXPECT_EQ(parts.of("Content-Range"), "-");
        EXPECT_EQ(parts.of("ETag"), "\"e\"");
        EXPECT_EQ(parts.body, multipart(parts, {cases[0], cases[1], cases[2]}, "Content-Type: text/plain\r\n"));
        EXPECT_EQ(parts.length, parts.body.size());
    }
}

TEST(StoredAnswer, NobodyKnowsTheNextBoundary) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string type = answer(stored(), "Range: bytes=0-0,2-2").of("Content-Type");
        EXPECT_EQ(type.size(), std::string_view("multipart/byteranges; boundary=").size() + 32);
        EXPECT_TRUE(seen.insert(type).second);
    }
}

TEST(StoredAnswer, GivesAsManyPartsAsAreHonoured) {
    std::string request = "Range: bytes=", wanted;
    for (int i = 0; i < 16; ++i) request += (i ? "," : "") + std::to_string(2 * i) + "-" + std::to_string(2 * i);
    const auto parts = answer(stored(1), request);
    EXPECT_EQ(parts.status, 206);
    EXPECT_EQ(parts.length, parts.body.size());
    for (int i = 0; i < 16; ++i) {
        const std::string end = "/36\r\n\r\n" + stored_text.substr(static_cast<std::size_t>(2 * i), 1) + "\r\n";
        EXPECT_NE(parts.body.find("bytes " + std::to_string(2 * i) + "-" + std::to_string(2 * i) + end),
                  std::string::npos);
    }
}

TEST(StoredAnswer, PartsOfAnUnknownTypeHaveNone) {
    auto object = stored();
    object.fields = "ETag: \"e\"\r\n";
    const auto parts = answer(object, "Range: bytes=0-0,2-2");
    EXPECT_EQ(parts.body, multipart(parts, {{"", "bytes 0-0/36", "0"}, {"", "bytes 2-2/36", "2"}}, ""));
    EXPECT_EQ(parts.length, parts.body.size());
}

TEST(StoredAnswer, RefusesARangeBehindTheEnd) {
    const auto refused = answer(stored(), "Range: bytes=36-");
    EXPECT_EQ(refused.status, 416);
    EXPECT_EQ(refused.of("Content-Range"), "bytes */36");  // RFC 9110 section 15.5.17
    EXPECT_EQ(refused.of("Content-Type"), "-");
    EXPECT_EQ(refused.body, "");
    EXPECT_EQ(refused.length, 0u);
}

TEST(StoredAnswer, HonoursARangeOnlyForTheResponseThatIfRangeNames) {
    // RFC 9110 section 13.1.5.
    const struct {
        const char* if_range;
        int status;
    } cases[] = {
        {"\"e\"", 206},
        {"\"x\"", 200},
        {"W/\"e\"", 200},
        {"Tue, 14 Nov 2023 22:11:40 GMT", 206},
        {test_time_text.data(), 200},
    };
    for (const auto& c : cases) {
        const auto result = answer(stored(), std::string("Range: bytes=0-0\nIf-Range: ") + c.if_range);
        EXPECT_EQ(result.status, c.status) << c.if_range;
        EXPECT_EQ(result.body, c.status == 206 ? "0" : stored_text) << c.if_range;
    }
}

TEST(StoredAnswer, IsWholeWhereARangeIsNotHonoured) {
    EXPECT_EQ(answer(stored(), "Range: lines=0-1").body, stored_text);
    EXPECT_EQ(answer(stored(), "Range: bytes=0-3,2-5").body, stored_text);
    auto not_found = stored();
    not_found.status = 404;
    EXPECT_EQ(answer(not_found, "Range: bytes=0-1").status, 404);
    EXPECT_EQ(answer(not_found, "Range: bytes=0-1").body, stored_text);
    EXPECT_EQ(answer(not_found, "If-None-Match: \"e\"").status, 404);
}

TEST(StoredAnswer, MayBeUsedAgain) {
    StoredAnswer again;
    const auto object = stored();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(answer(again, object, "Range: bytes=30-31,0-1").status, 206);
        EXPECT_EQ(answer(again, object, "Range: bytes=99-").status, 416);
        EXPECT_EQ(answer(again, object, "Range: bytes=6-7").body, "67");
        EXPECT_EQ(answer(again, object, "If-None-Match: *").status, 304);
        EXPECT_EQ(answer(again, object, "").body, stored_text);
    }
}

TEST(StoredAnswer, FillsAGatherThatAlreadyHoldsSomething) {
    const Asking asking("");
    const auto object = stored(1);
    StoredAnswer answer;
    answer.prepare(asking.exchange, object, test_time);
    Gather gather;
    gather.add("head");
    EXPECT_TRUE(answer.next(gather));
    EXPECT_TRUE(gather.full());
    EXPECT_EQ(gather.size(), 4 + Gather::capacity - 1);
    gather.clear();
    EXPECT_EQ(taken(answer), stored_text.substr(Gather::capacity - 1));
}

}  // namespace
}  // namespace larder::proxy
