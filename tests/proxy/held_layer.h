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
    void find(storage::OwnedKey key, Choose choose, std::function<void(Found)> done) override {
        asked.push_back(std::move(key.text));
        finds_.push_back({std::move(choose), std::move(done)});
    }
    storage::Stored insert(storage::OwnedKey key, storage::ObjectPtr object, std::size_t, storage::PermitPtr permit,
                           std::function<void(storage::Stored)> done) override {
        inserted.emplace_back(key.text, object);
        return take_in({std::move(key), std::move(object), std::move(permit), std::move(done)});
    }
    storage::Stored refresh(storage::OwnedKey key, storage::ObjectPtr, storage::ObjectPtr next,
                            storage::PermitPtr permit, std::function<void(storage::Stored)> done) override {
        refreshed.emplace_back(key.text, next);
        return take_in({std::move(key), std::move(next), std::move(permit), std::move(done)});
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
    // Makes the oldest of what was inserted or refreshed visible, if its permit lets it.
    storage::Stored write() {
        const Write write = take(writes_);
        const bool permitted = write.permit->permits(write.key.view(), *write.object);
        const auto stored = permitted ? storage::Stored::yes : storage::Stored::invalidated;
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
    storage::Stored to_stores = storage::Stored::yes;  // what it says at once

  private:
    struct Find {
        Choose choose;
        std::function<void(Found)> done;
    };
    struct Write {
        storage::OwnedKey key;
        storage::ObjectPtr object;
        storage::PermitPtr permit;
        std::function<void(storage::Stored)> done;
    };
    struct Erasing {
        std::shared_ptr<const storage::Selection> selection;
        std::function<void(Applied)> done;
    };
    storage::Stored take_in(Write write) {
        if (to_stores == storage::Stored::yes) {
            writes_.push_back(std::move(write));
        } else {
            write.permit.reset();
            write.done(to_stores);
        }
        return to_stores;
    }
    template <class T>
    static T take(std::deque<T>& queue) {
        T first = std::move(queue.front());
        queue.pop_front();
        return first;
    }

    std::deque<Find> finds_;
    std::deque<Write> writes_;
    std::deque<Erasing> erasures_;
};

}  // namespace larder::proxy
