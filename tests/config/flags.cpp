// What flags change, alone and beside a file.
#include "tests/config/loading.h"

namespace larder::config {
namespace {

TEST(Flags, AloneMakeAConfiguration) {
    Flags flags;
    flags.listen = {"127.0.0.1:0", ":8081"};
    flags.upstream = {"localhost:3000", "https://api.internal"};
    flags.admin = "off";
    flags.data_dir = "/tmp/d";
    flags.threads = 2;
    flags.access_log = "off";
    const Loaded loaded = load("", "", flags);
    ASSERT_TRUE(std::holds_alternative<Config>(loaded)) << listed(loaded);
    const Config& config = std::get<Config>(loaded);
    ASSERT_EQ(config.listeners.size(), 2u);
    EXPECT_EQ(config.listeners[1].address, ":8081");
    ASSERT_EQ(config.upstreams.size(), 1u);
    EXPECT_EQ(config.upstreams[0].name, "default");
    EXPECT_EQ(config.upstreams[0].servers,
              (std::vector<Server>{{false, "localhost", 3000}, {true, "api.internal", 443}}));
    EXPECT_EQ(config.admin.address, "off");
    EXPECT_EQ(config.data_dir, "/tmp/d");
    EXPECT_EQ(config.threads, 2u);
    EXPECT_EQ(config.access_log, "off");
    EXPECT_EQ(config.layers.size(), 2u);
    EXPECT_EQ(config.strategies.size(), 1u);
}

TEST(Flags, ListenReplacesListenersButKeepsTheSettingsOfTheSameAddress) {
    Flags flags;
    flags.listen = {":81", ":80"};
    const Config config = good("listeners: [{address: ':80', cache_status_detail: true}, {address: ':82'}]\n", flags);
    ASSERT_EQ(config.listeners.size(), 2u);
    EXPECT_EQ(config.listeners[0].address, ":81");
    EXPECT_FALSE(config.listeners[0].cache_status_detail);
    EXPECT_TRUE(config.listeners[1].cache_status_detail);
}

TEST(Flags, UpstreamIsWhereEveryUpstreamOfTheFileGoes) {
    Flags flags;
    flags.upstream = {"http://flag", "http://other"};
    const Config config = good(
        "upstreams: [{name: api, servers: ['http://a', 'http://b'], queue: 5}, {name: pages, servers: ['http://c']}]\n"
        "routes: [{path: /api/**, upstream: api}, {upstream: pages}]\n",
        flags);
    ASSERT_EQ(config.upstreams.size(), 2u);
    const std::vector<Server> servers = {{false, "flag", 80}, {false, "other", 80}};
    EXPECT_EQ(config.upstreams[0].name, "api");
    EXPECT_EQ(config.upstreams[0].queue, 5u);
    EXPECT_EQ(config.upstreams[0].servers, servers);
    EXPECT_EQ(config.upstreams[1].servers, servers);
    EXPECT_EQ(config.routes.size(), 2u);
}

struct WrongFlags {
    const char* id;
    Flags flags;
    const char* field;
    const char* expected;
};

TEST(Flags, WrongOnesAreRefusedByName) {
    const auto with = [](auto change) {
        Flags flags;
        flags.listen = {":8080"};
        flags.upstream = {"origin"};
        change(flags);
        return flags;
    };
    const WrongFlags all[] = {
        {"listen", with([](Flags& f) { f.listen = {"8080"}; }), "--listen", "HOST:PORT"},
        {"listen-twice", with([](Flags& f) {
             f.listen = {":80", "a:80"};
         }),
         "--listen", "takes it already"},
        {"listen-none", with([](Flags& f) { f.listen.clear(); }), "listeners", "add listeners or --listen"},
        {"upstream", with([](Flags& f) { f.upstream = {"http://a/b"}; }), "--upstream", "without user, path"},
        {"upstream-twice", with([](Flags& f) {
             f.upstream = {"a", "http://a:80/"};
         }),
         "--upstream", "each server once"},
        {"upstream-none", with([](Flags& f) { f.upstream.clear(); }), "upstreams", "add upstreams or --upstream"},
        {"upstream-admin", with([](Flags& f) { f.upstream = {"127.0.0.1:9180"}; }), "--upstream",
         "not the admin endpoint"},
        {"admin", with([](Flags& f) { f.admin = "on"; }), "--admin", "or off"},
        {"admin-is-listener", with([](Flags& f) { f.admin = ":8080"; }), "--listen", "admin endpoint"},
        {"threads", with([](Flags& f) { f.threads = 2000; }), "--threads", "0 to 1024"},
    };
    for (const WrongFlags& wrong : all) {
        SCOPED_TRACE(wrong.id);
        const Loaded loaded = load("", "", wrong.flags);
        const auto complaints = bad(loaded);
        ASSERT_EQ(complaints.size(), 1u) << listed(loaded);
        EXPECT_EQ(complaints[0].file, "command line");
        EXPECT_EQ(complaints[0].line, 0);
        EXPECT_EQ(complaints[0].field, wrong.field);
        EXPECT_NE(complaints[0].expected.find(wrong.expected), std::string::npos) << listed(loaded);
    }
}

}  // namespace
}  // namespace larder::config
