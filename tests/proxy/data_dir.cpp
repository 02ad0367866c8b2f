#include "proxy/data_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/proxy/scratch.h"

namespace larder::proxy {
namespace {

using Layers = std::vector<std::string>;

class DataDirTest : public testing::Test {
  protected:
    DataDir::Identity run(std::uint64_t now, const Layers& layers = {}) const {
        DataDir directory(scratch.path());
        const auto identity = directory.begin_run(now);
        EXPECT_TRUE(directory.use_layers(layers));
        return identity;
    }
    Scratch scratch;
};

TEST_F(DataDirTest, IsMadeWithTheDirectoriesAboveIt) {
    const DataDir directory(scratch / "a/b/c");
    EXPECT_TRUE(std::filesystem::is_directory(scratch / "a/b/c"));
    EXPECT_EQ(directory.file("x"), scratch / "a/b/c/x");
    const DataDir again(scratch / "a/b/c");
}

TEST_F(DataDirTest, SaysWhatToDoWhenItCannotBeMade) {
    scratch.write("file", "");
    const auto complaint = complaint_of([&] { DataDir there(scratch / "file/below"); });
    EXPECT_NE(complaint.find("data_dir: cannot make " + scratch / "file/below"), std::string::npos) << complaint;
    EXPECT_NE(complaint.find("; name a directory"), std::string::npos) << complaint;
}

TEST_F(DataDirTest, SaysWhatToDoWhenItsLockCannotBeOpened) {
    std::filesystem::create_directory(scratch / "lock");
    DataDir directory(scratch.path());
    const auto complaint = complaint_of([&] { directory.lock(); });
    EXPECT_NE(complaint.find("data_dir: cannot open " + scratch / "lock"), std::string::npos) << complaint;
}

TEST_F(DataDirTest, OneAtATimeHasItsLock) {
    auto first = std::make_unique<DataDir>(scratch.path());
    DataDir second(scratch.path());
    EXPECT_TRUE(first->lock());
    EXPECT_TRUE(first->lock());
    EXPECT_FALSE(second.lock());
    EXPECT_EQ(second.holder(), ::getpid());
    first.reset();
    EXPECT_TRUE(second.lock());
}

TEST_F(DataDirTest, ALockThatCannotBeTriedIsNotThereYet) {
    std::filesystem::create_directory(scratch / "lock");
    DataDir directory(scratch.path());
    EXPECT_FALSE(directory.try_lock());
    std::filesystem::remove(scratch / "lock");
    EXPECT_TRUE(directory.try_lock());
}

TEST_F(DataDirTest, AProcessThatDrainsCanTakeTheNextRunsTrustInLayers) {
    DataDir before(scratch.path());
    before.begin_run(1000);
    before.use_layers({"old"});
    const auto after = run(2000, {"objects"});
    before.distrust_layers();
    const auto next = run(3000, {"objects"});
    EXPECT_EQ(next.seed, after.seed) << "only the layers are concerned";
    EXPECT_GT(next.run, after.run);
    EXPECT_EQ(next.layers, Layers());
    EXPECT_EQ(run(4000).layers, Layers{"objects"});
}

TEST_F(DataDirTest, WhatCannotBeWrittenIsNotTrustedEither) {
    DataDir directory(scratch.path());
    directory.begin_run(1000);
    directory.use_layers({"objects"});
    std::filesystem::create_directory(scratch / "identity.new");
    directory.distrust_layers();
    EXPECT_EQ(scratch.content("identity"), "-");
}

TEST_F(DataDirTest, WhatALongerPidLeftInTheLockIsGone) {
    scratch.write("lock", "99999999999999\nmore\n");
    DataDir directory(scratch.path());
    EXPECT_TRUE(directory.lock());
    EXPECT_EQ(scratch.content("lock"), std::to_string(::getpid()) + "\n");
}

TEST_F(DataDirTest, NobodyHoldsAFreshOne) {
    EXPECT_EQ(DataDir(scratch.path()).holder(), 0);
}

TEST_F(DataDirTest, KeepsItsSeed) {
    const auto first = run(1000), second = run(2000);
    EXPECT_EQ(second.seed, first.seed);
    const Scratch another;
    EXPECT_NE(DataDir(another.path()).begin_run(1000).seed, first.seed);
}

TEST_F(DataDirTest, ItsSeedIsForNobodyElse) {
    run(1000);
    struct stat status {};
    ASSERT_EQ(::stat((scratch / "identity").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(DataDirTest, EveryRunHasALargerNumber) {
    EXPECT_EQ(run(1000).run, 1000u);
    EXPECT_EQ(run(2000).run, 2000u);
    EXPECT_EQ(run(2000).run, 2001u);
    EXPECT_EQ(run(5).run, 2002u);  // the clock went back
}

TEST_F(DataDirTest, ARunKnowsTheLayersOfTheOneBeforeIt) {
    const Layers layers = {"/srv/one", "/srv/with a space"};
    EXPECT_EQ(run(1, layers).layers, Layers());
    EXPECT_EQ(run(2).layers, layers);
    EXPECT_EQ(run(3).layers, Layers());
}

TEST_F(DataDirTest, ARunThatEndsBeforeItUsesLayersLeavesTheListAlone) {
    run(1, {"/srv/one"});
    DataDir(scratch.path()).begin_run(2);
    EXPECT_EQ(run(3).layers, Layers{"/srv/one"});
}

TEST_F(DataDirTest, AListThatCouldNotBeWrittenIsWrittenTheNextTime) {
    DataDir directory(scratch.path());
    directory.begin_run(1);
    EXPECT_TRUE(directory.use_layers({"/srv/one"}));
    const std::string before = scratch.content("identity");
    std::filesystem::create_directory(scratch / "identity.new");  // in the way
    EXPECT_FALSE(directory.use_layers({"/srv/two"}));
    EXPECT_EQ(scratch.content("identity"), before);
    EXPECT_FALSE(directory.use_layers({"/srv/two"}));
    std::filesystem::remove(scratch / "identity.new");
    EXPECT_TRUE(directory.use_layers({"/srv/two"}));
    EXPECT_EQ(run(2).layers, Layers{"/srv/two"});
}

TEST_F(DataDirTest, AFileThatIsNotAsWrittenCountsAsNone) {
    const auto known = run(1000, {"/srv/one"});
    const std::string good = scratch.content("identity");
    const auto seed_at = good.find("seed "), run_at = good.find("run "), layer_at = good.find("layer ");
    const struct {
        const char* id;
        std::string content;
    } cases[] = {
        {"empty", ""},
        {"another version", "larder identity 2" + good.substr(seed_at - 1)},
        {"cut behind its version", good.substr(0, seed_at)},
        {"cut before the seed's value", good.substr(0, seed_at + 5)},
        {"cut behind the seed", good.substr(0, run_at)},
        {"cut before the run's value", good.substr(0, run_at + 4)},
        {"no number", good.substr(0, seed_at) + "seed xyz\n" + good.substr(run_at)},
        {"more behind the number", good.substr(0, run_at) + "run 12 13\n" + good.substr(layer_at)},
        {"a number too large", good.substr(0, run_at) + "run 11112222333344445\n" + good.substr(layer_at)},
        {"bytes", std::string("\0\xff\n\n\n", 5)},
    };
    for (const auto& c : cases) {
        scratch.write("identity", c.content);
        const auto made = run(2000);
        EXPECT_NE(made.seed, known.seed) << c.id;
        EXPECT_EQ(made.run, 2000u) << c.id;
        EXPECT_EQ(made.layers, Layers()) << c.id;
        EXPECT_EQ(run(2000).seed, made.seed) << c.id;
    }
    scratch.write("identity", good);
    EXPECT_EQ(run(2000).seed, known.seed);
}

}  // namespace
}  // namespace larder::proxy
