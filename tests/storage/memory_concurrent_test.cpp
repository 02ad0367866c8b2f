// All operations at once, with an oracle: bodies name their key, bytes stay within the budget, and no find that starts
// after an invalidation was answered sees what it selected.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

class Storm {
  public:
    static constexpr int keys = 240, groups = 8, tags = 12, threads = 4;
    static constexpr int operations = sanitized ? 12'000 : 60'000;
    static constexpr std::uint64_t max_bytes = 2 * config::MiB;

    explicit Storm(config::EvictionPolicy policy) : layer_({max_bytes, policy, 4, 1}) {
        for (int i = 0; i < keys; ++i) {
            keys_.push_back(std::make_unique<Key>("http://" + std::to_string(i % 2) + ".example/g" +
                                                  std::to_string(i % groups) + "/" + std::to_string(i)));
        }
    }

    void run() {
        std::vector<std::thread> workers;
        for (unsigned i = 0; i < threads; ++i) workers.emplace_back([this, i] { work(i); });
        for (std::thread& worker : workers) worker.join();
        EXPECT_GT(finds_.load(), 0u);
        EXPECT_GT(refreshed_.load(), 0u);
        EXPECT_GT(layer_.stats().evictions, 0u);
        std::uint64_t there = 0;
        for (const auto& key : keys_) {
            const VariantSetPtr set = layer_.find(key->view, now);
            there += set ? set->variants.size() : 0;
        }
        EXPECT_EQ(layer_.stats().objects, there);
        EXPECT_EQ(layer_.erase(Pick::all(), Erasure::hard, 0).count, there);
        EXPECT_EQ(layer_.stats().bytes, 0u);
        EXPECT_EQ(layer_.stats().objects, 0u);
    }

  private:
    using Random = std::mt19937_64;

    void work(unsigned seed) {
        Random random(seed);
        for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
            const auto which = static_cast<std::size_t>(random() % keys);
            const auto choice = random() % 100;
            if (choice < 50) {
                find(which);
            } else if (choice < 80) {
                fill(which, random);
            } else if (choice < 95) {
                refresh(which);
            } else if (choice < 99) {
                invalidate(random);
            } else {
                layer_.remove_expired(now, 50);
            }
            EXPECT_LE(layer_.stats().bytes, max_bytes);
        }
    }

    VariantSetPtr find(std::size_t which) {
        const std::uint64_t gone = gone_[which].load(), stale = stale_[which].load();
        VariantSetPtr set = layer_.find(keys_[which]->view, now);
        if (!set) return nullptr;
        ++finds_;
        EXPECT_FALSE(set->variants.empty());
        for (const ObjectPtr& object : set->variants) {
            EXPECT_GE(object->ticket, gone);
            EXPECT_TRUE(object->ticket >= stale || object->lifetime.invalidated);
            EXPECT_EQ(content_of(*object).substr(0, keys_[which]->text.size() + 1), keys_[which]->text + " ");
        }
        return set;
    }

    void fill(std::size_t which, Random& random) {
        const std::uint64_t ticket = gate_.begin();
        if (random() % 2 == 0) std::this_thread::yield();
        const auto size = static_cast<std::size_t>(100 + random() % 30'000);
        const int freshness = random() % 4 == 0 ? 0 : 100;
        layer_.insert(keys_[which]->view,
                      make({.content = keys_[which]->text + " " + std::string(size, 'x'),
                            .ticket = ticket,
                            .tags = {tag(which % tags), tag((which + 1 + random() % 2) % tags)},
                            .vary = language(std::to_string(random() % 3)),
                            .freshness = freshness}),
                      gate_, now, 2);
    }

    void refresh(std::size_t which) {
        const VariantSetPtr set = find(which);
        if (!set) return;
        const std::uint64_t ticket = gate_.begin();
        auto next = std::make_shared<Object>(*set->variants.back());
        next->ticket = ticket;
        next->lifetime.invalidated = false;
        if (layer_.refresh(keys_[which]->view, set->variants.back().get(), next, gate_, now) == Stored::yes)
            ++refreshed_;
    }

    void invalidate(Random& random) {
        Pick pick;
        const std::uint64_t by = random() % 10;
        const auto which = static_cast<std::size_t>(random());
        // What it surely selects; an object's second tag is chance, so a purge by tag is only checked for the first.
        std::function<bool(std::size_t)> covers;
        if (by < 4) {
            pick = Pick::one(*keys_[which % keys]);
            covers = [=](std::size_t i) { return i == which % keys; };
        } else if (by < 7) {
            pick = Pick::tagged({tag(which % tags), tag((which + 1) % tags)});
            covers = [=](std::size_t i) { return i % tags == which % tags || i % tags == (which + 1) % tags; };
        } else if (by < 9) {
            pick = Pick::below("/g" + std::to_string(which % groups) + "/", "0.example");
            covers = [=](std::size_t i) { return i % groups == which % groups && i % 2 == 0; };
        } else {
            pick = Pick::all();
            covers = [](std::size_t) { return true; };
        }
        const bool soft = random() % 3 == 0;
        const auto entered = gate_.enter(std::move(pick));
        layer_.erase(*entered, soft ? Erasure::soft : Erasure::hard, 10);
        for (std::size_t i = 0; i < keys; ++i) {
            if (!covers(i)) continue;
            auto& answered = (soft ? stale_ : gone_)[i];
            std::uint64_t before = answered.load();
            while (before < entered->sequence && !answered.compare_exchange_weak(before, entered->sequence)) {
            }
        }
    }

    static std::string tag(std::size_t i) { return "tag " + std::to_string(i); }

    MemoryLayer layer_;
    Invalidations gate_;
    std::vector<std::unique_ptr<Key>> keys_;
    std::array<std::atomic<std::uint64_t>, keys> gone_{}, stale_{};  // the last one that was answered
    std::atomic<std::uint64_t> finds_{0}, refreshed_{0};
};

TEST(MemoryLayerUnderLoad, KeepsItsPromisesWithLru) {
    Storm(config::EvictionPolicy::lru).run();
}
TEST(MemoryLayerUnderLoad, KeepsItsPromisesWithFifo) {
    Storm(config::EvictionPolicy::fifo).run();
}
TEST(MemoryLayerUnderLoad, KeepsItsPromisesWithCustom) {
    Storm(config::EvictionPolicy::custom).run();
}

// Purges of thousands of entries, in many slices, while others store and evict.
TEST(MemoryLayerUnderLoad, LongSweepsMissNothing) {
    constexpr int entries = sanitized ? 4'000 : 12'000;
    MemoryLayer layer({64 * config::MiB, config::EvictionPolicy::lru, 2, 1});
    Invalidations gate;
    std::vector<std::unique_ptr<Key>> keys;
    for (int i = 0; i < entries; ++i) keys.push_back(std::make_unique<Key>("http://a.example/p/" + std::to_string(i)));
    const auto fill = [&](const Key& key) {
        const std::uint64_t ticket = gate.begin();
        layer.insert(key.view, make({.ticket = ticket, .tags = {"tag"}}), gate, now);
    };
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (unsigned seed = 0; seed < 2; ++seed) {
        writers.emplace_back([&, seed] {
            std::mt19937_64 random(seed);
            while (!stop) {
                const Key& key = *keys[static_cast<std::size_t>(random() % entries)];
                if (random() % 3 == 0) {
                    layer.erase(Pick::one(key), Erasure::hard, 0);
                } else {
                    fill(key);
                }
            }
        });
    }
    for (const Pick& kind :
         {Pick::all(), Pick::tagged({"tag"}), Pick::below("/p/"), Pick::tagged({"tag"}), Pick::all()}) {
        for (const auto& key : keys) fill(*key);
        const auto entered = gate.enter(kind);
        layer.erase(*entered, Erasure::hard, 0);
        for (const auto& key : keys) {
            if (const VariantSetPtr set = layer.find(key->view, now)) {
                ASSERT_GE(set->variants.at(0)->ticket, entered->sequence);
            }
        }
    }
    stop = true;
    for (std::thread& writer : writers) writer.join();
    layer.erase(Pick::all(), Erasure::hard, 0);
    EXPECT_EQ(layer.stats().bytes, 0u);
}

}  // namespace
}  // namespace larder::storage
