// One wrong configuration, and what must be said about it.
#pragma once

#include "tests/config/loading.h"

namespace larder::config {

struct Wrong {
    const char* id;
    const char* yaml;
    int line;
    int column;
    const char* field;
    const char* found;     // a part of what is said to stand there
    const char* expected;  // a part of the cure
};

inline void expect_refused(const Wrong& wrong) {
    SCOPED_TRACE(wrong.id);
    const Loaded loaded = load(completed(wrong.yaml), "larder.yaml", {});
    const auto complaints = bad(loaded);
    ASSERT_EQ(complaints.size(), 1u) << listed(loaded);
    const Complaint& complaint = complaints[0];
    EXPECT_EQ(complaint.file, "larder.yaml");
    EXPECT_EQ(complaint.line, wrong.line) << to_string(complaint);
    EXPECT_EQ(complaint.column, wrong.column) << to_string(complaint);
    EXPECT_EQ(complaint.field, wrong.field);
    EXPECT_NE(complaint.found.find(wrong.found), std::string::npos) << to_string(complaint);
    EXPECT_NE(complaint.expected.find(wrong.expected), std::string::npos) << to_string(complaint);
}

}  // namespace larder::config
