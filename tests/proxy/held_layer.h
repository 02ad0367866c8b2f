// A slow layer that does what it is asked when the test says so.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/layer.h"

namespace larder::proxy {

class HeldLayer : public storage::Layer {
  public:
    explicit HeldLayer(const storage::Gate& gate) : gate_(gate) {}

    void find(std::string key_text, storage::KeyHash, Choose choose, std::function<void(Found)> done) override {
        asked.push_back(std::move(key_text));
        finds_.push_back({std::move(choose), std::move(done)});
    }
    void insert(std::string key_text, std::uint32_t path_offset, storage::KeyHash hash, storage::ObjectPtr object,
                std::size_t, std::shared_ptr<void> hold, std::function<void(storage::Stored)> done) override {
        inserted.emplace_back(key_text, object);
        writes_.push_back(
            {std::move(key_text), path_offset, hash, std::move(object), std::move(hold), std::move(done)});
    }
    void refresh(std::string key_text, storage::KeyHash hash, storage::ObjectPtr, storage::ObjectPtr next,
                 std::shared_ptr<void> hold, std::function<void(storage::Stored)> done) override {
        refreshed.emplace_back(key_text, next);
        writes_.push_back({std::move(key_text), 0, hash, std::move(next), std::move(hold), std::move(done)});
    }
    void erase(std::shared_ptr<const storage::Selection> selection, storage::Erasure, std::size_t,
               std::function<void(Applied)> done) override {
        erasures_.push_back({std::move(selection), std::move(done)});
    }
    void used(std::vector<Use> uses) override { used_keys.insert(used_keys.end(), uses.begin(), uses.end()); }
    void list(storage::KeyFilter, std::optional<storage::KeyPosition>, std::size_t,
              std::function<void(storage::KeyPage, bool)> done) override {
        done({}, false);
    }
    storage::LayerStats stats() const override { return said; }
    std::uint64_t largest() const override { return takes; }

    // Answers the oldest lookup: with this one alone, offered to the choice; with none; or that it failed.
    void answer(const storage::ObjectPtr& object) {
        auto set = std::make_shared<storage::VariantSet>();
        set->variants.push_back(object);
        Found found;
        const Find find = take(finds_);
        found.object = find.choose(*set);
        found.set = std::move(set);
        find.done(std::move(found));
    }
    void answer_nothing(bool failed = false) {
        Found found;
        found.failed = failed;
        take(finds_).done(std::move(found));
    }
    // Makes the oldest of what was inserted or refreshed visible, if the gate lets it.
    storage::Stored write() {
        const Write write = take(writes_);
        const storage::KeyView key{write.key_text, write.hash, write.path_offset};
        const auto stored = gate_.permits(key, *write.object) ? storage::Stored::yes : storage::Stored::invalidated;
        write.done(stored);
        return stored;
    }
    // Says what came of the oldest erasure.
    void erase(Applied applied) { take(erasures_).done(std::move(applied)); }
    void erase_all() {
        while (!erasures_.empty()) erase(Applied());
    }
    std::size_t erasing() const { return erasures_.size(); }
    const storage::Selection& selection() const { return *erasures_.front().selection; }

    std::vector<std::string> asked;
    std::vector<std::pair<std::string, storage::ObjectPtr>> inserted, refreshed;
    std::vector<Use> used_keys;
    storage::LayerStats said;
    std::uint64_t takes = 1 << 30;

  private:
    struct Find {
        Choose choose;
        std::function<void(Found)> done;
    };
    struct Write {
        std::string key_text;
        std::uint32_t path_offset = 0;
        storage::KeyHash hash;
        storage::ObjectPtr object;
        std::shared_ptr<void> hold;
        std::function<void(storage::Stored)> done;
    };
    struct Erasing {
        std::shared_ptr<const storage::Selection> selection;
        std::function<void(Applied)> done;
    };
    template <class T>
    static T take(std::deque<T>& queue) {
        T first = std::move(queue.front());
        queue.pop_front();
        return first;
    }

    const storage::Gate& gate_;
    std::deque<Find> finds_;
    std::deque<Write> writes_;
    std::deque<Erasing> erasures_;
};

}  // namespace larder::proxy
