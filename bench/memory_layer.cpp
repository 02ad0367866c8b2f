// The memory layer's hot path: a hit, on one thread and on two; and insertion into a full layer, which evicts.
//
// Method: 100,000 keys of about 40 bytes, hashed outside the measurement; each thread asks for them in an order of its
// own that defeats prefetching. Time is per operation and thread.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/memory/memory_layer.h"

namespace {

using namespace larder;
using namespace larder::storage;

constexpr UnixTime now = 1'800'000'000;

struct OpenPermit final : Permit {
    bool permits(const KeyView&, const Object&) const override { return true; }
};
const OpenPermit open_permit;
Account account;

std::vector<std::string> make_texts(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back("http://api.example.com/api/workouts/" + std::to_string(i));
    return texts;
}

std::vector<KeyView> views(const std::vector<std::string>& texts) {
    std::vector<KeyView> made;
    for (const std::string& text : texts) made.push_back({text, hash_key(text, 1), 22});
    return made;
}

ObjectPtr object_of(std::size_t bytes) {
    auto object = std::make_shared<Object>();
    object->fields = "Content-Type: application/json\r\nETag: \"abcdef\"\r\n";
    auto body = std::make_shared<Body>();
    body->append(Piece(account, bytes));
    object->body = body;
    object->lifetime = {.response_time = now, .freshness = 3600};
    return object;
}

struct Filled {
    std::vector<std::string> texts = make_texts(100'000);
    std::vector<KeyView> keys = views(texts);
    MemoryLayer layer{{1 * config::GiB, config::EvictionPolicy::lru, 64, 1}};
    Filled() {
        for (const KeyView& key : keys) layer.insert(key, object_of(1024), open_permit, now);
    }
};

Filled& filled() {
    static Filled made;
    return made;
}

void find_hit(benchmark::State& state) {
    Filled& cache = filled();
    std::minstd_rand random(static_cast<unsigned>(state.thread_index() + 1));
    for (auto _ : state) {
        const VariantSetPtr set = cache.layer.find(cache.keys[random() % cache.keys.size()], now);
        if (!set) state.SkipWithError("not a hit");
        benchmark::DoNotOptimize(set.get());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_hit)->ThreadRange(1, 2)->UseRealTime();

// One key, which all threads want: one shard, one entry, one reference count.
void find_hottest(benchmark::State& state) {
    Filled& cache = filled();
    for (auto _ : state) {
        const VariantSetPtr set = cache.layer.find(cache.keys[0], now);
        benchmark::DoNotOptimize(set.get());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_hottest)->ThreadRange(1, 2)->UseRealTime();

void insert_and_evict(benchmark::State& state) {
    const auto policy = static_cast<config::EvictionPolicy>(state.range(0));
    state.SetLabel(config::word(policy));
    const std::vector<std::string> texts = make_texts(400'000);
    const std::vector<KeyView> keys = views(texts);
    MemoryLayer layer({64 * config::MiB, policy, 64, 1});  // room for some 30,000
    for (const KeyView& key : keys) layer.insert(key, object_of(1024), open_permit, now);
    std::size_t i = 0;
    for (auto _ : state) {
        layer.insert(keys[i], object_of(1024), open_permit, now);
        i = i + 1 < keys.size() ? i + 1 : 0;
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["evictions"] = static_cast<double>(layer.stats().evictions);
}
BENCHMARK(insert_and_evict)
    ->Arg(static_cast<int>(config::EvictionPolicy::lru))
    ->Arg(static_cast<int>(config::EvictionPolicy::fifo))
    ->Arg(static_cast<int>(config::EvictionPolicy::custom));

}  // namespace
