// The reference says what is true: each default that it prints is what a file has that leaves the setting away.
#include <set>

#include "config/settings.h"
#include "tests/config/loading.h"

namespace larder::config {
namespace {

// Defaults that are no value of the setting, in words.
const std::set<std::string> in_words = {"memory",
                                        "fills_bytes",
                                        "max_uploads",
                                        "max_uploads_per_client",
                                        "layers",
                                        "strategies",
                                        "tls_ca_file",
                                        "host",
                                        "strip_prefix",
                                        "add_prefix",
                                        "display_name",
                                        "description",
                                        "cache_level",
                                        "connection_config",
                                        "technology",
                                        "vary",
                                        "offered_encodings",
                                        "offered_languages",
                                        "ttl_seconds"};

Node scalar(std::string text) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.plain = true;
    node.text = std::move(text);
    return node;
}

Node node_of(const Doc& doc) {
    if (!doc.type.starts_with("a list")) return scalar(doc.standard);
    Node node;
    node.kind = Node::Kind::sequence;
    std::string_view rest = doc.standard;
    if (rest == "none") rest = "";
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(", "), rest.size());
        node.items.push_back(scalar(std::string(rest.substr(0, comma))));
        rest.remove_prefix(std::min(comma + 2, rest.size()));
    }
    return node;
}

// Reads each printed default into a struct: it must stay as it was made.
template <class S>
std::size_t walk(const char* name) {
    std::size_t read = 0;
    for (const Setting<S>& setting : settings<S>()) {
        SCOPED_TRACE(std::string(name) + ": " + setting.doc.name + ", " + setting.doc.standard);
        const bool has_none = setting.is_required || setting.doc.type == "a mapping" ||
                              setting.doc.type.starts_with("a mapping of") || setting.doc.type == "not in this version";
        if (has_none || in_words.contains(setting.doc.name)) continue;
        if (setting.doc.standard == "none" && !setting.doc.type.starts_with("a list")) continue;  // below
        const S standard{};
        S got{};
        Complaints complaints("");
        Reader reader(complaints);
        setting.read(reader, node_of(setting.doc), got);
        EXPECT_TRUE(complaints.empty()) << to_string(std::move(complaints).take().front());
        EXPECT_TRUE(got == standard);
        ++read;
    }
    return read;
}

TEST(Reference, PrintsWhatALeftOutSettingIs) {
    std::size_t read = 0;
    read += walk<Config>("top");
    read += walk<Limits>("limits");
    read += walk<Listener>("listeners");
    read += walk<Admin>("admin");
    read += walk<Upstream>("upstreams");
    read += walk<HealthCheck>("health");
    read += walk<RequestFields>("request_fields");
    read += walk<Route>("routes");
    read += walk<Layer>("layers");
    read += walk<FileSystem>("connection_config");
    read += walk<Strategy>("strategies");
    read += walk<StrategyConfiguration>("strategy_configuration");
    EXPECT_GT(read, 90u);
}

template <class S>
std::string printed(const std::string& name) {
    for (const Setting<S>& setting : settings<S>()) {
        if (setting.doc.name == name) return setting.doc.standard;
    }
    return "no such setting";
}

TEST(Reference, PrintsNoneOnlyWhereThereIsNone) {
    EXPECT_EQ(printed<StrategyConfiguration>("stale_if_error"), "1h");
    EXPECT_EQ(printed<StrategyConfiguration>("cache_control_targets"),
              "Larder-Cache-Control, CDN-Cache-Control, Surrogate-Control");
    EXPECT_EQ(printed<StrategyConfiguration>("content_methods"), "QUERY");
    const StrategyConfiguration rules;
    EXPECT_EQ(printed<StrategyConfiguration>("stale_while_revalidate") == "none", !rules.stale_while_revalidate);
    EXPECT_EQ(printed<Upstream>("health"), "none");
    EXPECT_FALSE(Upstream{}.health);
}

TEST(Reference, AStrategyOfTheFileHasTheSameDefaultsAsTheOneThatIsMadeWithoutAny) {
    const Config own =
        good("strategies: [{strategy_name: a, cache_key_pattern: /**, strategy_configuration: {keep: 1h}}]\n");
    ASSERT_EQ(own.strategies.size(), 1u);
    EXPECT_EQ(own.strategies[0].configuration, StrategyConfiguration{});
    EXPECT_EQ(own.strategies[0].configuration.stale_if_error, seconds(1h));
}

}  // namespace
}  // namespace larder::config
