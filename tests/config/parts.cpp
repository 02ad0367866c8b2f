// Units, addresses, words, memory and hostile documents.
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/address.h"
#include "config/characters.h"
#include "config/document.h"
#include "config/memory.h"
#include "config/units.h"
#include "config/words.h"
#include "tests/config/loading.h"

namespace larder::config {
namespace {

struct SizeCase {
    const char* text;
    std::optional<std::uint64_t> bytes;
};

TEST(Size, UnitsAreBinaryOrDecimal) {
    const SizeCase all[] = {{"0", 0},
                            {"1000", 1000},
                            {"7B", 7},
                            {"64KiB", 65536},
                            {"512MiB", 512 * MiB},
                            {"20GiB", 20 * GiB},
                            {"1TiB", 1024 * GiB},
                            {"3KB", 3000},
                            {"2MB", 2'000'000},
                            {"1GB", 1'000'000'000},
                            {"1TB", 1'000'000'000'000},
                            {"9223372036854775807", 9223372036854775807u},
                            {"9223372036854775808", std::nullopt},
                            {"8388608TiB", std::nullopt},
                            {"1K", std::nullopt},
                            {"1 MiB", std::nullopt},
                            {"1.5GiB", std::nullopt},
                            {"-1", std::nullopt},
                            {"+1", std::nullopt},
                            {"", std::nullopt},
                            {"MiB", std::nullopt},
                            {"1mib", std::nullopt}};
    for (const SizeCase& one : all) EXPECT_EQ(parse_size(one.text), one.bytes) << one.text;
}

struct DurationCase {
    const char* text;
    std::optional<milliseconds> duration;
};

TEST(Duration, NeedsAUnitExceptForZero) {
    const DurationCase all[] = {{"0", 0ms},
                                {"500ms", 500ms},
                                {"2s", 2s},
                                {"5m", 5min},
                                {"1h", 1h},
                                {"1d", 24h},
                                {"3650d", 87600h},
                                {"2147483647s", std::chrono::seconds(2147483647)},
                                {"2147483648s", std::nullopt},
                                {"5", std::nullopt},
                                {"1.5s", std::nullopt},
                                {"s", std::nullopt},
                                {"", std::nullopt},
                                {"-1s", std::nullopt},
                                {"1w", std::nullopt},
                                {"1s1", std::nullopt}};
    for (const DurationCase& one : all) EXPECT_EQ(parse_duration(one.text), one.duration) << one.text;
}

TEST(Units, AreShownAsTheyAreRead) {
    for (const char* text : {"0", "1000B", "64KiB", "512MiB", "20GiB"}) {
        EXPECT_EQ(parse_size(show_size(*parse_size(text))), parse_size(text)) << text;
    }
    EXPECT_EQ(show_size(512 * MiB), "512MiB");
    EXPECT_EQ(show_size(0), "0");
    for (const char* text : {"500ms", "90s", "5m", "36h", "2d"}) EXPECT_EQ(show_duration(*parse_duration(text)), text);
}

struct HostText {
    const char* text;
    std::optional<std::string> host;
};

TEST(Host, IsANameOrALiteral) {
    const HostText all[] = {{"Example.COM", "example.com"},
                            {"a_b-c", "a_b-c"},
                            {"192.0.2.1", "192.0.2.1"},
                            {"[::1]", "::1"},
                            {"[2001:DB8::0:1]", "2001:db8::1"},
                            {"::1", std::nullopt},
                            {"[1.2.3.4]", std::nullopt},
                            {"a..b", std::nullopt},
                            {".a", std::nullopt},
                            {"a.", std::nullopt},
                            {"", std::nullopt},
                            {"a b", std::nullopt},
                            {"1.2.3", std::nullopt},
                            {"1.2.3.4.5", std::nullopt},
                            {"256.1.1.1", std::nullopt},
                            {"u@a", std::nullopt},
                            {"[::1", std::nullopt}};
    for (const HostText& one : all) EXPECT_EQ(parse_host(one.text), one.host) << one.text;
    EXPECT_EQ(parse_host(std::string(64, 'a')), std::nullopt);
    EXPECT_EQ(parse_host(std::string_view("1.2.3.4\0x", 9)), std::nullopt);
}

TEST(ServerUrl, HasDefaultPortsAndNothingBehindTheAuthority) {
    EXPECT_EQ(parse_server("http://a"), (Server{false, "a", 80}));
    EXPECT_EQ(parse_server("HTTPS://A/"), (Server{true, "a", 443}));
    EXPECT_EQ(parse_server("http://[::1]:81"), (Server{false, "::1", 81}));
    for (const char* url :
         {"a", "http://", "http:///", "http://a//", "http://a/b", "http://a?b", "http://a#b", "http://u@a",
          "http://a:", "http://a:65536", "http://a:8x", "http://::1", "unix://a", "http://a b"}) {
        EXPECT_EQ(parse_server(url), std::nullopt) << url;
    }
}

TEST(CidrText, KeepsIpv4AsMappedIpv6) {
    const auto v4 = parse_cidr("10.1.0.0/16");
    ASSERT_TRUE(v4);
    const unsigned char mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 0, 0};
    EXPECT_EQ(std::memcmp(v4->address, mapped, sizeof mapped), 0);
    EXPECT_EQ(v4->prefix_bits, 112);
    EXPECT_EQ(to_string(*v4), "10.1.0.0/16");
    EXPECT_EQ(to_string(*parse_cidr("fd00::/8")), "fd00::/8");
    EXPECT_EQ(parse_cidr("0.0.0.0/0")->prefix_bits, 96);
    EXPECT_EQ(parse_cidr("::/0")->prefix_bits, 0);
    for (const char* bad :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.128/24"}) {
        EXPECT_EQ(parse_cidr(bad), std::nullopt) << bad;
    }
}

struct ReachCase {
    const char* server;
    const char* listener;
    bool reaches;
};

TEST(Reach, LoopbackAndWildcardCountAsTheSameMachine) {
    const ReachCase all[] = {
        {"http://127.0.0.1:9180", "127.0.0.1:9180", true},  {"http://localhost:9180", "127.0.0.1:9180", true},
        {"http://[::1]:9180", "127.0.0.1:9180", true},      {"http://127.9.9.9:9180", ":9180", true},
        {"http://0.0.0.0:9180", "127.0.0.1:9180", true},    {"http://[::ffff:127.0.0.1]:9180", "127.0.0.1:9180", true},
        {"http://10.0.0.1:9180", "10.0.0.1:9180", true},    {"http://10.0.0.1:9180", "127.0.0.1:9180", false},
        {"http://127.0.0.1:9181", "127.0.0.1:9180", false}, {"http://localhost:9180", "10.0.0.1:9180", false},
    };
    for (const ReachCase& one : all) {
        EXPECT_EQ(reaches(*parse_server(one.server), *parse_address(one.listener)), one.reaches) << one.server;
    }
}

template <class E>
void expect_words_to_lead_back() {
    for (const Word<E>& entry : words<E>()) {
        EXPECT_EQ(enumerator<E>(entry.text), entry.value) << entry.text;
        EXPECT_STREQ(word(entry.value), entry.text);
    }
    EXPECT_EQ(enumerator<E>("?"), std::nullopt);
}

TEST(Words, LeadBackToTheirEnumerators) {
    expect_words_to_lead_back<LayerName>();
    expect_words_to_lead_back<Technology>();
    expect_words_to_lead_back<EvictionPolicy>();
    expect_words_to_lead_back<CacheBehavior>();
    expect_words_to_lead_back<InvalidationStrategy>();
    expect_words_to_lead_back<TtlMode>();
    expect_words_to_lead_back<SetCookie>();
    expect_words_to_lead_back<RequestDirectives>();
    expect_words_to_lead_back<RequestCookies>();
    expect_words_to_lead_back<Balance>();
}

TEST(InQuotes, ShowsNoBytesThatAreNotPrintable) {
    EXPECT_EQ(in_quotes("a\n\x1b\xff"), "\"a\\x0A\\x1B\\xFF\"");
    EXPECT_EQ(in_quotes(std::string(90, 'a')), "\"" + std::string(80, 'a') + "...\"");
}

class Machine : public testing::Test {
  protected:
    Machine() : root_(testing::TempDir() + "larder-machine-" + std::to_string(getpid())) {}
    ~Machine() override { std::filesystem::remove_all(root_); }
    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path whole = root_ + path;
        std::filesystem::create_directories(whole.parent_path());
        std::ofstream(whole) << text;
    }
    std::string root_;
};

TEST_F(Machine, WithoutLimitHasItsMemory) {
    write("/proc/meminfo", "MemTotal:        2048 kB\nMemFree:  1 kB\n");
    write("/proc/self/cgroup", "0::/a/b\n");
    write("/sys/fs/cgroup/a/b/memory.max", "max\n");
    EXPECT_EQ(available_memory(root_), 2 * MiB);
}

TEST_F(Machine, LowestLimitOfTheGroupsAroundHolds) {
    write("/proc/meminfo", "MemTotal:        4096 kB\n");
    write("/proc/self/cgroup", "1:name=systemd:/x\n0::/a/b\n");
    write("/sys/fs/cgroup/a/b/memory.max", "max\n");
    write("/sys/fs/cgroup/a/memory.max", "1048576\n");
    EXPECT_EQ(available_memory(root_), 1 * MiB);
    write("/sys/fs/cgroup/a/b/memory.max", "524288\n");
    EXPECT_EQ(available_memory(root_), 512 * KiB);
}

TEST_F(Machine, LimitAtTheRootOfAContainerHolds) {
    write("/proc/meminfo", "MemTotal:        4096 kB\n");
    write("/proc/self/cgroup", "0::/\n");
    write("/sys/fs/cgroup/memory.max", "1048576\n");
    EXPECT_EQ(available_memory(root_), 1 * MiB);
}

TEST_F(Machine, ThatTellsNothingCountsAsOneGibibyte) {
    EXPECT_EQ(available_memory(root_), 1 * GiB);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text;
}

struct Hostile {
    const char* id;
    std::string text;
    const char* found;
};

TEST(HostileDocument, IsRefusedAtItsLimit) {
    std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        const std::string alias = std::string("*") + static_cast<char>(c - 1);
        laughs += std::string(1, c) + ": &" + c + " [" + alias + repeated(", " + alias, 9) + "]\n";
    }
    const Hostile all[] = {
        {"brackets", repeated("[", 600'000), "more than 500000 of [ { and ,"},
        {"deep-flow", repeated("[", 100'000), "more than 32 levels"},
        {"deep-block", repeated("- ", 100'000), "more than 32 levels"},
        {"aliases", laughs, "more than 500000 values"},
        {"large-aliases", "a: &a " + std::string(MiB, 'x') + "\n" + repeated("b: *a\n", 100),
         "more than 64MiB of text"},
        {"bytes", std::string(document_bytes_limit + 1, '#'), "more than 10MiB"},
        {"zero", std::string("a: \0", 4), "a zero byte"},
        {"values", "a:\n" + repeated("- x\n", 600'000), "more than 500000 values"},
    };
    for (const Hostile& one : all) {
        const auto result = parse_document(one.text, "f");
        const auto* complaint = std::get_if<Complaint>(&result);
        ASSERT_TRUE(complaint) << one.id;
        EXPECT_NE(complaint->found.find(one.found), std::string::npos) << one.id << ": " << to_string(*complaint);
    }
}

TEST(Document, PlacesAreFoundByField) {
    const auto result = parse_document("a:\n  - b: 1\n    c: [2, 3]\n", "f");
    ASSERT_TRUE(std::holds_alternative<Node>(result));
    const Node& root = std::get<Node>(result);
    EXPECT_EQ(place_of(root, "a[0].c[1]").column, 12);
    EXPECT_EQ(place_of(root, "a[0].c[1]").line, 3);
    EXPECT_EQ(place_of(root, "a[0].d").line, 2);
    EXPECT_EQ(place_of(root, "x").line, 1);
}

}  // namespace
}  // namespace larder::config
