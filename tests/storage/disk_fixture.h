// A small language for tests of the layer on disk. Its calls wait for the layer's answer.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "storage/disk/disk_layer.h"
#include "tests/storage/memory_fixture.h"

namespace larder::storage {

// A directory that goes with its scope.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "larder-disk-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// What a layer told the operator.
class Told {
  public:
    void operator()(std::string_view event, std::string detail) {
        const std::lock_guard lock(mutex_);
        events_.emplace_back(std::string(event) + " " + detail);
        changed_.notify_all();
    }
    bool has(const std::string& event) const {
        const std::lock_guard lock(mutex_);
        return has_locked(event);
    }
    void wait_for(const std::string& event) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return has_locked(event); });
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        events_.clear();
    }
    std::string all() const {
        const std::lock_guard lock(mutex_);
        std::string text;
        for (const std::string& event : events_) text += event + "\n";
        return text;
    }

  private:
    bool has_locked(const std::string& event) const {
        return std::any_of(events_.begin(), events_.end(),
                           [&](const std::string& told) { return told.starts_with(event); });
    }
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> events_;  // under mutex_
};

inline const Object* the_first(const VariantSet& set) {
    return set.variants.front().get();
}

class DiskCache {
  public:
    explicit DiskCache(std::string directory, std::uint64_t max_bytes = 64 * config::MiB)
        : told_(std::make_shared<Told>()), time_(std::make_shared<std::atomic<UnixTime>>(now)) {
        options.directory = std::move(directory);
        options.max_bytes = max_bytes;
        options.seed = 1;
        options.readers = 2;
        options.account = &test_account();
        options.now = [time = time_] { return time->load(); };
        options.report = [told = told_](std::string_view event, std::string detail) { (*told)(event, detail); };
    }
    DiskCache& open() {
        told_->clear();
        layer = std::make_unique<DiskLayer>(options);
        told_->wait_for("storage_opened");
        return *this;
    }
    void close() { layer.reset(); }
    // What `options` say of it now.
    void change() {
        config::Layer settings;
        settings.max_size_bytes = options.max_bytes;
        settings.eviction_policy = options.eviction;
        settings.file_system.readers = options.readers;
        settings.file_system.queue_bytes = options.queue_bytes;
        layer->change(settings);
    }
    DiskCache& reopen() {
        close();
        return open();
    }

    Stored put(const std::string& url, const Make& wanted = {}, std::size_t max_variants = 64) {
        return put(url, make(wanted), max_variants);
    }
    Stored put(const std::string& url, ObjectPtr object, std::size_t max_variants = 64) {
        return put_later(url, std::move(object), max_variants).get();
    }
    std::future<Stored> put_later(const std::string& url, ObjectPtr object, std::size_t max_variants = 64,
                                  PermitPtr permit = std::make_shared<OpenPermit>()) {
        const Key key(url);
        const auto promise = std::make_shared<std::promise<Stored>>();
        layer->insert(OwnedKey(key.view), std::move(object), max_variants, std::move(permit),
                      [promise](Stored stored) { promise->set_value(stored); });
        return promise->get_future();
    }
    Stored refresh(const std::string& url, const ObjectPtr& old_one, const ObjectPtr& next,
                   PermitPtr permit = std::make_shared<OpenPermit>()) {
        const Key key(url);
        std::promise<Stored> promise;
        layer->refresh(OwnedKey(key.view), old_one, next, std::move(permit),
                       [&](Stored stored) { promise.set_value(stored); });
        return promise.get_future().get();
    }
    Layer::Found find(const std::string& url, Layer::Choose choose = the_first) {
        const Key key(url);
        std::promise<Layer::Found> promise;
        layer->find(OwnedKey(key.view), std::move(choose),
                    [&](Layer::Found found) { promise.set_value(std::move(found)); });
        return promise.get_future().get();
    }
    // The chosen one's content; "-": none.
    std::string get(const std::string& url, Layer::Choose choose = the_first) {
        const Layer::Found found = find(url, std::move(choose));
        return found.object ? content(*found.object) : found.failed ? "failed" : "-";
    }
    std::string get(const std::string& url, std::size_t variant) {
        return get(url, [variant](const VariantSet& set) {
            return variant < set.variants.size() ? set.variants[variant].get() : nullptr;
        });
    }
    static std::string content(const Object& object) {
        if (object.body->in_memory()) return content_of(object);
        std::string all;
        while (all.size() < object.body->size) {
            const std::string piece = read(*object.body, all.size(), 300'000);
            if (piece.empty()) return "cut at " + std::to_string(all.size());
            all += piece;
        }
        return all;
    }
    static std::string read(const Body& body, std::uint64_t offset, std::size_t size) {
        std::promise<std::string> promise;
        body.source->read(offset, size, [&](std::vector<Body::Piece> pieces) {
            std::string bytes;
            for (const Body::Piece& piece : pieces) bytes.append(piece.data.get(), piece.size);
            promise.set_value(std::move(bytes));
        });
        return promise.get_future().get();
    }
    Layer::Applied erase(Pick pick, Erasure erasure = Erasure::hard, std::size_t list_at_most = 100) {
        return erase_later(std::move(pick), erasure, list_at_most).get();
    }
    std::future<Layer::Applied> erase_later(Pick pick, Erasure erasure = Erasure::hard,
                                            std::size_t list_at_most = 100) {
        const auto promise = std::make_shared<std::promise<Layer::Applied>>();
        layer->erase(std::make_shared<const Pick>(std::move(pick)), erasure, list_at_most,
                     [promise](Layer::Applied applied) { promise->set_value(std::move(applied)); });
        return promise->get_future();
    }
    std::uint64_t erased(Pick pick, Erasure erasure = Erasure::hard) {
        return erase(std::move(pick), erasure).erased.count;
    }
    KeyPage list(KeyFilter filter = {}, std::optional<KeyPosition> after = {}, std::size_t limit = 100) {
        std::promise<KeyPage> promise;
        layer->list(std::move(filter), std::move(after), limit, [&](KeyPage page, bool failed) {
            EXPECT_FALSE(failed);
            promise.set_value(std::move(page));
        });
        return promise.get_future().get();
    }
    // All keys in pages of `limit`, with spaces between.
    std::string keys(const KeyFilter& filter = {}, std::size_t limit = 2) {
        std::string all;
        std::optional<KeyPosition> after;
        do {
            const KeyPage page = list(filter, after, limit);
            for (const KeyRow& row : page.rows) all += (all.empty() ? "" : " ") + row.text;
            after = page.behind;
        } while (after);
        return all;
    }
    // Everything that was asked for before is written.
    void settle() { list({}, {}, 1); }
    void at(UnixTime time) { *time_ = time; }
    Told& told() { return *told_; }
    LayerStats stats() const { return layer->stats(); }

    DiskOptions options;
    std::unique_ptr<DiskLayer> layer;

  private:
    std::shared_ptr<Told> told_;
    std::shared_ptr<std::atomic<UnixTime>> time_;
};

// Content that differs in every place.
inline std::string long_content(std::size_t size, unsigned seed = 1) {
    std::string content(size, '\0');
    std::uint64_t value = seed;
    for (char& c : content) {
        value = value * 6364136223846793005 + 1442695040888963407;
        c = static_cast<char>(value >> 56);
    }
    return content;
}

class DiskTest : public testing::Test {
  protected:
    TemporaryDirectory directory;
    DiskCache cache{directory / "objects"};
};

}  // namespace larder::storage
