// The layer on disk: what a write costs in a map that is full, over ten times its size; and what a lookup costs.
//
// Method of the churn: a map of 64 MiB, bodies of 1 to 64 KiB with two tags, new keys all the time. CPU time of the
// whole process (the writing thread does nearly all of it) per write, for each tenth of the run; `ratio` is the last
// tenth's to the first full one's, i.e. the second: the first still fills an empty map.
#include <benchmark/benchmark.h>
#include <ctime>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "storage/disk/disk_layer.h"

namespace {

using namespace larder;
using namespace larder::storage;

constexpr UnixTime now = 1'800'000'000;

struct OpenPermit final : Permit {
    bool permits(const KeyView&, const Object&) const override { return true; }
};
const PermitPtr open_permit = std::make_shared<OpenPermit>();
Account account;

struct Disk {
    std::string directory = (std::filesystem::temp_directory_path() / "larder-bench-XXXXXX").string();
    std::unique_ptr<DiskLayer> layer;

    explicit Disk(std::uint64_t max_bytes) {
        if (!::mkdtemp(directory.data())) std::abort();
        DiskOptions options;
        options.directory = directory;
        options.max_bytes = max_bytes;
        options.seed = 1;
        options.account = &account;
        std::promise<void> opened;
        options.now = [] { return now; };
        options.report = [&](std::string_view event, const std::string&) {
            if (event == "storage_opened") opened.set_value();
        };
        layer = std::make_unique<DiskLayer>(options);
        opened.get_future().wait();
    }
    ~Disk() {
        layer.reset();
        std::filesystem::remove_all(directory);
    }
    std::future<Stored> put(std::uint64_t i, std::size_t bytes) {
        auto object = std::make_shared<Object>();
        object->fields = "Content-Type: application/json\r\nETag: \"abcdef\"\r\n";
        auto body = std::make_shared<Body>();
        body->append(Piece(account, bytes));
        object->body = body;
        object->lifetime = {.response_time = now, .freshness = 3600};
        object->tags = {"a" + std::to_string(i % 1000), "b" + std::to_string(i % 77)};
        const auto promise = std::make_shared<std::promise<Stored>>();
        const std::string text = key(i);
        layer->insert(OwnedKey({text, hash_key(text, 1), 22}), object, 8, open_permit,
                      [promise](Stored s) { promise->set_value(s); });
        return promise->get_future();
    }
    static std::string key(std::uint64_t i) { return "http://api.example.com/api/workouts/" + std::to_string(i); }
};

double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void churn_in_a_full_map(benchmark::State& state) {
    constexpr std::uint64_t map = 64 * config::MiB;
    constexpr int tenths = 10;
    for (auto _ : state) {
        Disk disk(map);
        std::vector<double> per_write;
        std::uint64_t key = 0, random = 1, failed = 0;
        for (int tenth = 0; tenth < tenths; ++tenth) {
            const double before = cpu_seconds();
            std::uint64_t bytes = 0, writes = 0;
            while (bytes < map) {
                std::vector<std::future<Stored>> stored;
                for (int i = 0; i < 100; ++i) {
                    random = random * 6364136223846793005 + 1442695040888963407;
                    const std::size_t size = 1024 + (random >> 40) % (63 * 1024);
                    bytes += size;
                    ++writes;
                    stored.push_back(disk.put(key++, size));
                }
                for (auto& one : stored) failed += one.get() == Stored::yes ? 0 : 1;
            }
            per_write.push_back((cpu_seconds() - before) / static_cast<double>(writes) * 1e6);
            state.counters["tenth" + std::to_string(tenth)] = per_write.back();
        }
        state.counters["ratio"] = per_write.back() / per_write[1];
        state.counters["failed"] = static_cast<double>(failed);
        state.counters["evictions"] = static_cast<double>(disk.layer->stats().evictions);
    }
}
BENCHMARK(churn_in_a_full_map)->Iterations(1)->Unit(benchmark::kSecond);

void lookup(benchmark::State& state) {
    Disk disk(256 * config::MiB);
    constexpr std::uint64_t count = 5000;
    std::vector<std::future<Stored>> stored;
    for (std::uint64_t i = 0; i < count; ++i) stored.push_back(disk.put(i, static_cast<std::size_t>(state.range(0))));
    for (auto& one : stored) one.wait();
    std::uint64_t random = 1;
    const double before = cpu_seconds();
    for (auto _ : state) {
        constexpr int at_once = 32;
        std::vector<std::future<bool>> found;
        for (int i = 0; i < at_once; ++i) {
            random = random * 6364136223846793005 + 1442695040888963407;
            const std::string text = Disk::key((random >> 33) % count);
            const auto promise = std::make_shared<std::promise<bool>>();
            disk.layer->find(
                OwnedKey({text, hash_key(text, 1), 22}),
                [](const VariantSet& set) { return set.variants.front().get(); },
                [promise](const Layer::Found& one) { promise->set_value(one.object != nullptr); });
            found.push_back(promise->get_future());
        }
        for (auto& one : found) benchmark::DoNotOptimize(one.get());
    }
    state.counters["cpu_us"] = (cpu_seconds() - before) / (32.0 * static_cast<double>(state.iterations())) * 1e6;
}
BENCHMARK(lookup)->Arg(1000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
