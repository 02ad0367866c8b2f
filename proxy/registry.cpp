#include "proxy/registry.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <functional>
#include <iterator>

#include "proxy/answers.h"

namespace larder::proxy {
namespace {

using storage::KeyFilter;
using storage::KeyPage;
using storage::KeyPosition;
using storage::KeyRow;

// What a layer has answered; nullopt: it failed.
using Listed = std::optional<KeyPage>;

void ask(storage::Layer& layer, const KeyFilter& filter, const std::optional<KeyPosition>& after, std::size_t limit,
         std::function<void(Listed)> answer) {
    layer.list(filter, after, limit, [answer = std::move(answer)](KeyPage page, bool failed) {
        answer(failed ? Listed() : Listed(std::move(page)));
    });
}

void join(KeyRow& row, KeyRow&& other) {
    if (other.newest && (!row.newest || other.newest->ticket > row.newest->ticket)) {
        row.newest = std::move(other.newest);
    }
    row.variants = std::max(row.variants, other.variants);
    row.data_size = std::max(row.data_size, other.data_size);
    row.stored_size += other.stored_size;
    row.lasts(other.expires_at, other.fresh);
    row.use.hit_count = std::max(row.use.hit_count, other.use.hit_count);
    row.use.miss_count = std::max(row.use.miss_count, other.use.miss_count);
    if (row.use.created_at == 0 || (other.use.created_at != 0 && other.use.created_at < row.use.created_at)) {
        row.use.created_at = other.use.created_at;
    }
    row.use.last_accessed = std::max(row.use.last_accessed, other.use.last_accessed);
}

RegistryPage merged(std::vector<KeyPage> pages, std::size_t limit) {
    RegistryPage page;
    page.behind = horizon(pages);
    std::vector<RegistryRow> rows;
    for (std::size_t tier = 0; tier < pages.size(); ++tier) {
        for (KeyRow& row : pages[tier].rows) {
            if (!page.behind || !(*page.behind < row)) rows.push_back({std::move(row), {tier}});
        }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const RegistryRow& a, const RegistryRow& b) { return a.key < b.key; });
    for (RegistryRow& row : rows) {
        if (!page.rows.empty() && page.rows.back().key.text == row.key.text) {
            join(page.rows.back().key, std::move(row.key));
            page.rows.back().tiers.push_back(row.tiers.front());
        } else if (page.rows.size() == limit) {
            page.behind = page.rows.back().key;
            break;
        } else {
            page.rows.push_back(std::move(row));
        }
    }
    return page;
}

// One page of each layer, up to where they are complete together.
Task<RegistryPage> some_keys(Executor executor, const Tiers& tiers, const KeyFilter& filter,
                             const std::optional<KeyPosition>& after, std::size_t limit) {
    Answers<Listed> answers(executor, tiers.size());
    std::chrono::milliseconds time{0};
    for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
        if (!tiers.layer(tier)) continue;
        time = std::max(time, tiers.settings(tier).file_system.timeout);
        ask(*tiers.layer(tier), filter, after, limit, answers.callback(tier));
    }
    for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
        if (tiers.memory(tier)) answers.callback(tier)(tiers.memory(tier)->list(filter, after, limit));
    }
    auto came = co_await answers.within(time);
    std::vector<KeyPage> pages(tiers.size());
    std::vector<std::size_t> failed;
    for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
        if (came[tier] && *came[tier]) {
            pages[tier] = std::move(**came[tier]);
        } else {
            failed.push_back(tier);
        }
    }
    RegistryPage page = merged(std::move(pages), limit);
    page.failed = std::move(failed);
    co_return page;
}

}  // namespace

Task<RegistryPage> list_keys(Executor executor, const Tiers& tiers, KeyFilter filter, std::optional<KeyPosition> after,
                             std::size_t limit) {
    constexpr int most_rounds = 5;
    limit = std::max<std::size_t>(limit, 1);
    RegistryPage page;
    page.behind = std::move(after);
    for (int round = 0; round < most_rounds; ++round) {
        const std::size_t wanted = limit - page.rows.size();
        RegistryPage more = co_await some_keys(executor, tiers, filter, page.behind, wanted);
        std::move(more.rows.begin(), more.rows.end(), std::back_inserter(page.rows));
        page.behind = std::move(more.behind);
        for (const std::size_t tier : more.failed) {
            if (std::find(page.failed.begin(), page.failed.end(), tier) == page.failed.end()) {
                page.failed.push_back(tier);
            }
        }
        if (!page.behind || page.rows.size() >= limit) break;
        co_await asio::post(executor, no_throw);  // others on this thread are due
    }
    co_return page;
}

Task<std::optional<RegistryRow>> describe_key(Executor executor, const Tiers& tiers, KeyPosition key) {
    // Of the keys that begin with this text it is the first.
    KeyFilter filter;
    filter.prefix = key.text;
    std::optional<RegistryRow> row;
    std::optional<KeyPosition> after;
    do {
        RegistryPage page = co_await some_keys(executor, tiers, filter, after, 1);
        if (!page.rows.empty()) {
            if (page.rows.front().key.text == key.text) row = std::move(page.rows.front());
            break;
        }
        after = std::move(page.behind);
    } while (after && *after < key);
    co_return row;
}

}  // namespace larder::proxy
