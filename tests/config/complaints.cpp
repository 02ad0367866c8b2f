// What a list of complaints looks like.
#include "tests/config/loading.h"

namespace larder::config {
namespace {

TEST(Complaints, ComplaintsComeInFileOrder) {
    const Loaded loaded = load("routes: [{upstream: x, path: a}]\nthreads: x\nadmin: {addres: off}\n", "f.yaml", {});
    const auto complaints = bad(loaded);
    ASSERT_EQ(complaints.size(), 5u) << listed(loaded);  // no listener and no upstream stand at the beginning
    EXPECT_EQ(complaints[2].field, "routes[0].path");
    EXPECT_EQ(complaints[3].field, "threads");
    EXPECT_EQ(complaints[4].field, "admin.addres");
}

TEST(Complaints, AtMostFiftyComplaintsAreMade) {
    std::string text = "strategies:\n";
    for (int i = 0; i < 3000; ++i) text += "- {}\n";
    EXPECT_EQ(bad(load(text, "f.yaml", {})).size(), 50u);
}

TEST(Complaints, OneMistakeInALayerIsNotReportedForItsStrategiesToo) {
    const Loaded loaded =
        load(completed("layers: [{layer_name: L3, max_size_bytes: 1MiB}]\n"
                       "strategies: [{strategy_name: a, cache_key_pattern: /**, cache_layer: L3_DATABASE}]\n"),
             "f.yaml", {});
    EXPECT_EQ(bad(loaded).size(), 1u) << listed(loaded);
}

TEST(Complaints, ShowNoBytesThatAreNotPrintable) {
    const auto complaints = bad(load(completed("limits: {\"\\x01\": 1, \"\\x01\": \"\\e[0m\"}\n"), "f.yaml", {}));
    ASSERT_EQ(complaints.size(), 3u);
    for (const Complaint& complaint : complaints) EXPECT_EQ(complaint.field, "limits.\\x01");
    const auto syntax = bad(load("data_dir: \"\\\xc3\xa9\"", "f.yaml", {}));
    ASSERT_EQ(syntax.size(), 1u);
    EXPECT_NE(syntax[0].found.find("unknown escape"), std::string::npos);
    for (char c : syntax[0].found) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

TEST(Complaints, ReadsAsFilePlaceFieldFoundAndExpected) {
    EXPECT_EQ(to_string(Complaint{"f.yaml", 3, 7, "threads", "\"x\"", "a number"}),
              "f.yaml:3:7: threads: found \"x\"; expected a number");
    EXPECT_EQ(to_string(Complaint{"command line", 0, 0, "--admin", "\"x\"", "HOST:PORT"}),
              "command line: --admin: found \"x\"; expected HOST:PORT");
}

}  // namespace
}  // namespace larder::config
