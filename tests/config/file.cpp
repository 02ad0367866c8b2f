// Configuration files on disk, and the page that describes them.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "config/document.h"
#include "tests/config/loading.h"

namespace larder::config {
namespace {

class File : public testing::Test {
  protected:
    std::string path_ = testing::TempDir() + "larder-config-" + std::to_string(getpid()) +
                        testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
    void write(const std::string& text) { std::ofstream(path_) << text; }
    ~File() override { std::remove(path_.c_str()); }
};

TEST_F(File, IsReadByPath) {
    write(completed("threads: 7\n"));
    const Loaded loaded = load_file(path_, {});
    ASSERT_TRUE(std::holds_alternative<Config>(loaded)) << listed(loaded);
    EXPECT_EQ(std::get<Config>(loaded).threads, 7u);
}

TEST_F(File, ThatIsNotThereIsAComplaintWithItsName) {
    const auto complaints = bad(load_file(path_, {}));
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_EQ(complaints[0].file, path_);
    EXPECT_NE(complaints[0].found.find("No such file"), std::string::npos);
}

TEST_F(File, ThatIsADirectoryIsAComplaint) {
    ASSERT_EQ(bad(load_file(testing::TempDir(), {})).size(), 1u);
}

TEST_F(File, AboveTenMebibytesIsRefused) {
    write("#" + std::string(document_bytes_limit, 'a'));
    const auto complaints = bad(load_file(path_, {}));
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_EQ(complaints[0].found, "more than 10MiB");
}

TEST(Reference, NamesEverySettingOnceInItsSection) {
    const std::string page = reference();
    for (const char* name :
         {"`data_dir`", "`trusted_proxies`", "`connect_timeout`", "`max_size_bytes`", "`stale_if_error`",
          "`shutdown_grace`", "## `strategies.strategy_configuration`", "## `upstreams.health`"}) {
        EXPECT_NE(page.find(name), std::string::npos) << name;
    }
    EXPECT_NE(page.find("| `connect_timeout` | a duration with unit from 1ms to 10m"), std::string::npos);
    EXPECT_NE(page.find("| 2s | For connecting"), std::string::npos);
}

}  // namespace
}  // namespace larder::config
