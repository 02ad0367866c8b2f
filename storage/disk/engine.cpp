#include "storage/disk/engine.h"

#include <memory>
#include <utility>

#include "storage/disk/damage.h"

namespace larder::storage::disk {

namespace {

constexpr Pending::Bounds erasure_bounds{10'000, 16 * config::MiB};
constexpr unsigned most_readers = 256;  // transactions; more than there can be threads
constexpr unsigned most_failures_in_a_row = 20;

}  // namespace

void Reports::operator()(const char* event, std::string detail) {
    constexpr auto pause = std::chrono::seconds(10);
    if (!options_.report) return;
    {
        const auto now = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        const auto [told, first] = told_.emplace(event, now);
        if (!first && now - told->second < pause) return;
        told->second = now;
    }
    options_.report(event, std::move(detail));
}

Engine::Engine(const DiskOptions& wanted)
    : options(wanted),
      directory(options.directory),
      environment(directory, most_readers),
      pending(options.queue_bytes, erasure_bounds),
      report(options),
      max_bytes(options.max_bytes),
      eviction(options.eviction),
      patience(options.timeout),
      readers(options.readers) {
    watch_for_damage();
}

void Engine::sync() {
    if (!unsynced && !dropped_since_sync) return;
    environment.sync();
    unsynced = false;
    dropped_since_sync = false;
}

void Engine::note_read_failure(const Failure& failure, std::uint64_t of_generation) {
    figures.count(LayerError::read);
    report("storage_read_failed", options.directory + ": " + failure.what());
    if (of_generation != generation) return;
    if (!failure.corrupt() && ++failures_in_a_row_ < most_failures_in_a_row) return;
    failures_in_a_row_ = 0;
    condemned_ = true;
    pending.wake();
}

void Engine::note_damage(const std::vector<std::uint64_t>& numbers, std::uint64_t of_generation) {
    for (const std::uint64_t number : numbers) {
        figures.count(LayerError::damaged);
        report("storage_damaged", options.directory + ": a stored response failed its checksum and was dropped");
        const auto operation = std::make_shared<Operation>();
        operation->kind = Operation::Kind::drop;
        operation->number = number;
        operation->generation = of_generation;
        pending.offer(operation);
    }
}

}  // namespace larder::storage::disk
