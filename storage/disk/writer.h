// The one thread that writes. It waits for the directory's lock, opens the environment, takes what is pending in
// batches, and between them sweeps what is of no use. When writing fails it denies and tries again later; what cannot
// be relied upon it moves aside. DiskLayer's header says what a user sees of it.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "storage/disk/batch.h"
#include "storage/disk/engine.h"
#include "storage/disk/eviction.h"

namespace larder::storage::disk {

class Writer {
  public:
    explicit Writer(Engine& engine);
    ~Writer() { finish(); }

    // Writes what is pending, closes the environment, gives up the lock. Any thread, more than once.
    void finish();

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds house_pause{1};
    static constexpr std::size_t uses_a_turn = 256;
    static constexpr const char* too_many_erasures = "too many invalidations could not be written to it";

    void run();
    bool gain_lock();
    void turn();

    // writer_opening.cpp
    bool open();
    bool open_whatever_is_there();
    bool set_aside(const std::string& why, bool keep);
    void start_empty(const std::string& why, bool keep);
    void apply_denied();
    void recover(const Failure&);
    void back_off(const std::string& why);

    // writer.cpp
    void work(std::vector<OperationPtr> operations);
    void apply(Batch&, Operation&);
    void apply_erase(Batch&, Operation&);
    void retry(const std::vector<OperationPtr>& operations);
    bool evict_alone();
    void give_up(const OperationPtr&, LayerError);
    void give_up_all();
    void deny(Operation&);
    void count_only(Operation&);
    void flush(Clock::time_point deadline);

    // writer_keeping.cpp
    void keep_house();
    void write_uses(Batch&, std::size_t at_most);
    void sweep();

    Engine& engine_;
    Eviction eviction_;
    About about_;
    std::uint64_t map_bytes_ = 0;  // as it was opened or resized last
    bool keep_content_;
    std::string drop_why_;  // the content was to be dropped, and could not be: it must not be opened
    bool swept_ = false;    // no bodies without a record are left
    unsigned full_in_a_row_ = 0;
    unsigned emptied_in_a_row_ = 0;
    std::chrono::seconds pause_{1};
    Clock::time_point again_at_;
    Clock::time_point house_at_;
    Clock::time_point readers_at_;

    std::atomic<bool> finishing_{false};
    std::mutex finished_;
    std::thread thread_;  // last
};

}  // namespace larder::storage::disk
