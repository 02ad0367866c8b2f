#include "policy/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "policy/strategy_table.h"

namespace larder::policy {
namespace {

TEST(Fingerprint, IsTheSameInEveryProcess) {
    EXPECT_EQ(fingerprint("everything", Rules()), fingerprint("everything", Rules()));
    EXPECT_EQ(fingerprint("everything", Rules()), 0xfbd0d13ce477a7b3);  // FNV-1a, calculated apart
}

TEST(Fingerprint, TellsAnyChangeApart) {
    const std::function<void(Rules&)> changes[] = {
        [](Rules&) {},
        [](Rules& r) { r.behavior = config::CacheBehavior::cache_aside; },
        [](Rules& r) { r.ttl = 61; },
        [](Rules& r) { r.configuration.ttl_mode = config::TtlMode::cap; },
        [](Rules& r) { r.configuration.stale_while_revalidate = std::chrono::seconds(0); },
        [](Rules& r) { r.configuration.stale_if_error.reset(); },
        [](Rules& r) { r.configuration.keep = std::chrono::seconds(1); },
        [](Rules& r) { r.configuration.error_ttl_max = std::chrono::seconds(1); },
        [](Rules& r) { r.configuration.store_errors = config::StoreErrors::all; },
        [](Rules& r) { r.configuration.set_cookie = config::SetCookie::strip; },
        [](Rules& r) { r.configuration.cookies = config::RequestCookies::ignore; },
        [](Rules& r) { r.configuration.cache_control_targets = {"X"}; },
        [](Rules& r) { r.configuration.request_directives = config::RequestDirectives::obey; },
        [](Rules& r) { r.configuration.key_fields = {"accept"}; },
        [](Rules& r) {
            r.configuration.key_fields = {"ac", "cept"};
        },
        [](Rules& r) { r.configuration.key_cookies = {"accept"}; },
        [](Rules& r) { r.configuration.max_object_size = 1; },
        [](Rules& r) { r.configuration.max_variants = 1; },
        [](Rules& r) { r.configuration.lift = {"private"}; },
        [](Rules& r) { r.configuration.cache_status_detail = true; },
        [](Rules& r) { r.configuration.qualified_directives = true; },
        [](Rules& r) {
            r.configuration.vary = {{"foo", config::VaryPolicy::bypass}};
        },
        [](Rules& r) {
            r.configuration.vary = {{"foo", config::VaryPolicy::pass}};
        },
        [](Rules& r) { r.configuration.offered_encodings = {"br"}; },
        [](Rules& r) { r.configuration.offered_languages = {"br"}; },
        [](Rules& r) { r.configuration.range_requests = config::RangeRequests::pass; },
        [](Rules& r) { r.configuration.no_vary_search = false; },
        [](Rules& r) { r.configuration.content_methods = {config::ContentMethod::post}; },
        [](Rules& r) { r.configuration.content_bytes = 1; },
        [](Rules& r) { r.configuration.canonical_json = true; },
        [](Rules& r) { r.configuration.early_hints = true; },
        [](Rules& r) { r.configuration.surrogate_fields = config::SurrogateFields::pass; },
        [](Rules& r) { r.configuration.store_post = config::StorePost::representation; },
    };
    std::set<std::uint64_t> prints{fingerprint("other", Rules())};
    for (const auto& change : changes) {
        Rules rules;
        change(rules);
        prints.insert(fingerprint("name", rules));
    }
    EXPECT_EQ(prints.size(), std::size(changes) + 1);
}

TEST(Fingerprint, OfAStrategyHoldsAlsoWithTheTtlOfItsLayer) {
    config::Config config;
    config.layers.resize(1);
    config.strategies.resize(1);
    config.strategies[0].strategy_name = "all";
    const auto print = [&] { return StrategyTable(config).all().at(0).rules.fingerprint; };
    const std::uint64_t before = print();
    EXPECT_EQ(print(), before);
    config.layers[0].default_ttl_seconds += 1;
    EXPECT_NE(print(), before);
    config.strategies[0].ttl = std::chrono::seconds(60);
    EXPECT_EQ(print(), before);
}

}  // namespace
}  // namespace larder::policy
