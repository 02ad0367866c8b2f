// A layer that may block, in its shortest form: a map, a thread that changes it and one that reads it, both of which
// the test makes hang or fail. It shows what storage/layer.h asks of a layer, apart from any technology.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/layer.h"

namespace larder::storage {

class PlainLayer final : public Layer {
  public:
    PlainLayer();
    ~PlainLayer() override;

    void find(OwnedKey key, Choose choose, std::function<void(Found)> done) override;
    Stored insert(OwnedKey key, ObjectPtr object, std::size_t max_variants, PermitPtr permit,
                  std::function<void(Stored)> done) override;
    Stored refresh(OwnedKey key, ObjectPtr old_one, ObjectPtr next, PermitPtr permit,
                   std::function<void(Stored)> done) override;
    void erase(std::shared_ptr<const Selection> selection, Erasure erasure, std::size_t list_at_most,
               std::function<void(Applied)> done) override;
    void used(std::vector<Use>) override {}
    void list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
              std::function<void(KeyPage, bool failed)> done) override;
    LayerStats stats() const override;
    std::uint64_t largest() const override { return 1 << 20; }

    void hang(bool writes, bool reads);
    bool fail(unsigned nth, unsigned times);

  private:
    // Variants by key text, the most recent first.
    using Content = std::map<std::string, std::vector<ObjectPtr>>;
    struct Change {
        OwnedKey key;
        ObjectPtr object, old_one;
        std::size_t max_variants = 0;
        PermitPtr permit;
        std::function<void(Stored)> stored;
        std::shared_ptr<const Selection> selection;
        Erasure erasure = Erasure::hard;
        std::function<void(Applied)> applied;

        std::size_t bytes() const { return object ? object->charge() : 0; }
    };
    using ChangePtr = std::shared_ptr<Change>;

    static Stored store(const Change&, std::vector<ObjectPtr>& variants);
    static std::uint64_t erase_from(const Change&, const KeyView&, std::vector<ObjectPtr>& variants);
    Stored take(ChangePtr);
    void answer_find(const OwnedKey&, const Choose&, const std::function<void(Found)>&);
    void write(const Change&, Stored&, Applied&);
    bool fails();
    void run_writes();
    void run_reads();

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, OwnedKey> keys_;  // under mutex_, as all below
    Content content_;
    std::deque<ChangePtr> changes_;  // the first may be under way
    std::deque<std::function<void()>> questions_;
    std::size_t bytes_ = 0, erasures_ = 0;
    bool sealed_ = false, stopped_ = false, writes_hang_ = false, reads_hang_ = false, has_failed_ = false;
    unsigned until_failure_ = 0, failures_left_ = 0;
    std::thread writer_, reader_;
};

}  // namespace larder::storage
