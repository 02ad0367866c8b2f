// Files that are not as they were left: cut short, overwritten, of another version, unreadable.
#include <cstdlib>

#include <sys/resource.h>
#include <sys/wait.h>

#include "storage/disk/verify.h"
#include "tests/storage/disk_fixture.h"

// A damaged file may make LMDB ask for more memory than there is, which is an error like others.
extern "C" const char* __asan_default_options();  // NOLINT: the sanitizer's name
extern "C" const char* __asan_default_options() {
    return "allocator_may_return_null=1";
}

namespace larder::storage {
namespace {

constexpr unsigned responses = 60;
constexpr int wrong_bytes = 99;  // an exit code

std::string content_at(unsigned i) {
    return long_content(50 + i * 1999, i + 1);
}
std::string url_at(unsigned i) {
    return "http://h/" + std::to_string(i);
}

class DiskDamageTest : public DiskTest {
  protected:
    DiskDamageTest() {
        cache.options.max_bytes = 16 * config::MiB;
        cache.open();
        for (unsigned i = 0; i < responses; ++i) {
            cache.put(url_at(i), {.content = content_at(i), .tags = {"t" + std::to_string(i % 5)}});
        }
        cache.close();
        original = directory / "original";
        std::filesystem::copy_file(data(), original);
    }
    std::string data() const { return cache.options.directory + "/data.mdb"; }
    void restore() {
        std::filesystem::remove_all(cache.options.directory);
        std::filesystem::create_directory(cache.options.directory);
        std::filesystem::copy_file(original, data());
        std::ofstream(cache.options.directory + "/intact");
    }
    void overwrite(std::uint64_t offset, const std::string& bytes) {
        std::fstream file(data(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file << bytes;
    }

    // Uses all that is stored, and changes it; how many were wrong.
    static int use_all(const std::string& path) {
        DiskCache other(path, 16 * config::MiB);
        other.open();
        int wrong = 0;
        for (unsigned i = 0; i < responses; ++i) {
            const std::string there = other.get(url_at(i));
            if (there != "-" && there != "failed" && !there.starts_with("cut at") && there != content_at(i)) ++wrong;
        }
        other.erase(Pick::tagged({"t1"}));
        for (unsigned i = 0; i < responses; i += 3) other.put(url_at(i), {.content = content_at(i), .ticket = 2});
        for (unsigned i = 0; i < responses; i += 3) {
            const std::string there = other.get(url_at(i));
            if (there != "-" && there != "failed" && there != content_at(i)) ++wrong;
        }
        return wrong;
    }
    // In a process of its own, which damage may kill once.
    static bool usable(const std::string& path) {
        for (int attempt = 0; attempt < 2; ++attempt) {
            const pid_t child = ::fork();
            if (child == 0) {
                const rlimit no_core{0, 0};
                ::setrlimit(RLIMIT_CORE, &no_core);
                for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) ::signal(signal, SIG_DFL);
                ::_exit(use_all(path) == 0 ? 0 : wrong_bytes);
            }
            int status = 0;
            ::waitpid(child, &status, 0);
            EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == wrong_bytes) << "a wrong byte";
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
        }
        return false;
    }

    std::string original;
};

TEST_F(DiskDamageTest, AFileOfAnyLengthIsOpenedOrMovedAside) {
    const std::uint64_t whole = std::filesystem::file_size(original);
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4095}, std::uint64_t{4096},
                                     std::uint64_t{8192}, whole / 2, whole - 4096, whole - 1}) {
        restore();
        std::filesystem::resize_file(data(), size);
        EXPECT_TRUE(usable(cache.options.directory)) << size;
    }
}

TEST_F(DiskDamageTest, DamageAnywhereGivesNoWrongByteAndOneCrashAtMost) {
    const char* const wanted = std::getenv("LARDER_DAMAGES");
    const int rounds = wanted ? std::atoi(wanted) : 20;  // the longest take seconds
    const std::uint64_t whole = std::filesystem::file_size(original);
    std::uint64_t random = 12345;
    const auto draw = [&](std::uint64_t below) {
        random = random * 6364136223846793005 + 1442695040888963407;
        return (random >> 33) % below;
    };
    for (int round = 0; round < rounds; ++round) {
        restore();
        const std::uint64_t used = std::min<std::uint64_t>(whole, 8ull * 1024 * 1024);
        const std::uint64_t at = draw(used - 4096);
        std::string bytes;
        switch (draw(4)) {
            case 0:
                bytes = std::string(1, static_cast<char>(draw(256)));
                break;
            case 1:
                bytes = std::string(512, '\0');
                break;
            case 2:
                bytes = long_content(4096, static_cast<unsigned>(round));
                break;
            default:
                bytes = long_content(16, static_cast<unsigned>(round));
                break;
        }
        overwrite(at, bytes);
        EXPECT_TRUE(usable(cache.options.directory)) << "round " << round << " at " << at;
    }
}

TEST_F(DiskDamageTest, APartThatIsNotAsWrittenIsDroppedAndCounted) {
    restore();
    const std::string body = content_at(50);
    std::string file;
    {
        std::ifstream in(data(), std::ios::binary);
        file.assign(std::istreambuf_iterator<char>(in), {});
    }
    const std::size_t at = file.find(body.substr(0, 1000));
    ASSERT_NE(at, std::string::npos);
    overwrite(at + 10, "X");
    cache.open();
    EXPECT_EQ(cache.get(url_at(50)), "-");
    cache.settle();
    EXPECT_EQ(cache.stats().errors[static_cast<std::size_t>(LayerError::damaged)], 1u);
    EXPECT_EQ(cache.get(url_at(51)), content_at(51));
    EXPECT_EQ(cache.stats().objects, responses - 1);
    cache.close();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
}

TEST_F(DiskDamageTest, AMarkedDirectoryStartsEmptyAndKeepsTheFileAside) {
    restore();
    std::ofstream(cache.options.directory + "/damaged");
    cache.open();
    EXPECT_TRUE(cache.told().has("storage_moved_aside"));
    EXPECT_EQ(cache.get(url_at(1)), "-");
    EXPECT_TRUE(std::filesystem::exists(data() + ".damaged"));
    EXPECT_FALSE(std::filesystem::exists(cache.options.directory + "/damaged"));
}

TEST_F(DiskDamageTest, AFileOfSomethingElseIsMovedAside) {
    restore();
    std::ofstream(data(), std::ios::trunc) << std::string(100'000, 'x');
    cache.open();
    EXPECT_TRUE(cache.told().has("storage_moved_aside"));
    EXPECT_EQ(cache.put("http://h/x"), Stored::yes);
}

TEST_F(DiskDamageTest, VerifyNamesWhatIsDamaged) {
    restore();
    EXPECT_EQ(verify_storage(cache.options.directory).faults, 0u);
    EXPECT_EQ(verify_storage(cache.options.directory).objects, responses);
    std::string file;
    {
        std::ifstream in(data(), std::ios::binary);
        file.assign(std::istreambuf_iterator<char>(in), {});
    }
    overwrite(file.find(content_at(40).substr(0, 1000)) + 10, "X");
    const VerifyReport report = verify_storage(cache.options.directory);
    ASSERT_EQ(report.faults, 1u);
    EXPECT_NE(report.first_faults.front().find(url_at(40)), std::string::npos) << report.first_faults.front();
}

TEST_F(DiskDamageTest, VerifyRefusesADirectoryInUse) {
    restore();
    cache.open();
    EXPECT_THROW(verify_storage(cache.options.directory), std::runtime_error);
    EXPECT_THROW(verify_storage(directory / "none"), std::runtime_error);
}

TEST_F(DiskDamageTest, ADirectoryThatCannotBeMadeIsRefused) {
    DiskCache other(directory / "original/below");
    EXPECT_THROW(other.open(), std::runtime_error);
}

}  // namespace
}  // namespace larder::storage
