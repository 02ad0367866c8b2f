// A MEMORY tier in front of a slow layer that the test holds in its hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/tiers.h"
#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"
#include "tests/storage/memory_fixture.h"

namespace larder::proxy {

using config::LayerName;
using policy::Invalidation;
using storage::Key;
using storage::now;
using storage::Stored;

// A slow layer that answers when the test says so.
class HeldLayer final : public storage::Layer {
  public:
    using Found = std::function<void(storage::VariantSetPtr, bool)>;

    void find(std::string key_text, storage::KeyHash, Found done) override {
        asked.push_back(std::move(key_text));
        held = std::move(done);
    }
    void insert(std::string key_text, storage::KeyHash, storage::ObjectPtr object,
                std::function<void(Stored)> done) override {
        inserted.emplace_back(std::move(key_text), std::move(object));
        done(Stored::yes);
    }
    void erase(std::shared_ptr<const storage::Selection>, storage::Erasure, std::size_t,
               std::function<void(storage::Erased, bool)> done) override {
        done({}, false);
    }
    storage::LayerStats stats() const override { return {42, 1, 0}; }

    void answer(const storage::ObjectPtr& object) {
        auto set = std::make_shared<storage::VariantSet>();
        set->variants.push_back(object);
        std::exchange(held, nullptr)(std::move(set), false);
    }
    void answer_nothing(bool failed = false) { std::exchange(held, nullptr)(nullptr, failed); }

    Found held;
    std::vector<std::string> asked;
    std::vector<std::pair<std::string, storage::ObjectPtr>> inserted;
};

inline constexpr std::uint32_t deep = 0, front = 1;

class TiersTest : public testing::Test {
  protected:
    TiersTest() {
        config.layers = {layer(LayerName::l3_database, 3, config::Technology::database),
                         layer(LayerName::l1_application, 1)};
        config.strategies = {strategy("deep", "/**", LayerName::l3_database), strategy("front", "/front/**")};
        strategies = std::make_unique<policy::StrategyTable>(config);
        tiers = std::make_unique<Tiers>(config, *strategies, tickets, 1);
        tiers->add(config.layers[0], slow, *strategies);
    }

    storage::ObjectPtr response(std::string content = "content", std::vector<std::string> tags = {}) {
        auto object = storage::make({.content = std::move(content), .tags = std::move(tags)});
        object->stored_at = now;
        object->ticket = tickets.begin().sequence();
        return object;
    }
    std::string found(const std::string& url, std::uint32_t strategy = deep) {
        const auto found = tiers->find(Key(url).view, request, strategy, now, metrics);
        return found.object ? storage::content_of(*found.object) : "-";
    }
    Outcome<Tiers::Found> ask(const Key& key) {
        auto asked =
            start(context, tiers->find_slow(context.get_executor(), tickets, key.view, request, deep, now, metrics));
        turn(context);
        EXPECT_FALSE(*asked);
        return asked;
    }
    InvalidationReceipt purge(const std::shared_ptr<Invalidation>& invalidation, std::size_t list_at_most = 10) {
        tickets.enter(invalidation);
        return tiers->erase(*invalidation, list_at_most);
    }

    config::Config config;
    policy::Tickets tickets{100};
    std::unique_ptr<policy::StrategyTable> strategies;
    std::unique_ptr<Tiers> tiers;
    std::shared_ptr<HeldLayer> slow = std::make_shared<HeldLayer>();
    WorkerMetrics metrics{2, 1, 2};
    policy::Fields request;
    asio::io_context context;
};

}  // namespace larder::proxy
