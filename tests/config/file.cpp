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
    const auto complaints = bad(load_file(testing::TempDir(), {}));
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_NE(complaints[0].expected.find("name the file in that directory"), std::string::npos);
}

TEST_F(File, AboveTenMebibytesIsRefused) {
    write("#" + std::string(document_bytes_limit, 'a'));
    const auto complaints = bad(load_file(path_, {}));
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_EQ(complaints[0].found, "more than 10MiB");
}

TEST_F(File, ThatReloadsMayChangeAllButDataDirAndThreads) {
    const Config running = good("data_dir: /srv/a\nthreads: 2\n");
    write(completed("data_dir: /srv/a\nthreads: 2\nmemory: 1GiB\nlimits: {connections: 7}\n"));
    const Loaded next = load_for_reload(running, path_, {});
    ASSERT_TRUE(std::holds_alternative<Config>(next)) << listed(next);
    EXPECT_EQ(std::get<Config>(next).limits.connections, 7u);
    write(completed("threads: 3\ndata_dir: /srv/b\n"));
    const auto complaints = bad(load_for_reload(running, path_, {}));
    ASSERT_EQ(complaints.size(), 2u);
    EXPECT_EQ(to_string(complaints[0]), path_ +
                                            ":1:10: threads: found \"3\"; expected \"2\", as it is running with; "
                                            "restart to change it");
    EXPECT_EQ(to_string(complaints[1]), path_ +
                                            ":2:11: data_dir: found \"/srv/b\"; expected \"/srv/a\", as it is "
                                            "running with; restart to change it");
}

TEST_F(File, ThatReloadsUnderFlagsIsJudgedWithThem) {
    Flags flags;
    flags.data_dir = "/srv/a";
    flags.threads = 2;
    write(completed("threads: 3\n"));
    const Loaded running = load_file(path_, flags);
    ASSERT_TRUE(std::holds_alternative<Config>(running)) << listed(running);
    write(completed("threads: 4\ndata_dir: /srv/b\n"));
    const Loaded next = load_for_reload(std::get<Config>(running), path_, flags);
    ASSERT_TRUE(std::holds_alternative<Config>(next)) << listed(next);
    EXPECT_EQ(std::get<Config>(next), std::get<Config>(running));
}

TEST(Reload, OfFlagsAloneIsTheSameConfiguration) {
    Flags flags;
    flags.listen = {":80"};
    flags.upstream = {"origin"};
    const Loaded running = load("", "", flags);
    ASSERT_TRUE(std::holds_alternative<Config>(running)) << listed(running);
    EXPECT_EQ(load_for_reload(std::get<Config>(running), "", flags), running);
}

TEST(Reference, NamesEverySettingOnceInItsSection) {
    const std::string page = reference();
    for (const char* name :
         {"`data_dir`", "`trusted_proxies`", "`connect_timeout`", "`max_size_bytes`", "`stale_if_error`",
          "`shutdown_grace`", "## `strategies.strategy_configuration`", "## `upstreams.health`",
          "## `layers.connection_config`", "`queue_bytes`", "`drain_delay`"}) {
        EXPECT_NE(page.find(name), std::string::npos) << name;
    }
    EXPECT_NE(page.find("| `connect_timeout` | a duration with unit from 1ms to 10m"), std::string::npos);
    EXPECT_NE(page.find("| 2s | For connecting"), std::string::npos);
}

}  // namespace
}  // namespace larder::config
