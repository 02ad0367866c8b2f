#include "tests/storage/plain_layer.h"

#include <algorithm>

namespace larder::storage {

namespace {

constexpr std::size_t max_bytes = 4 * 1024 * 1024, max_questions = 1000, max_erasures = 1000;

}  // namespace

PlainLayer::PlainLayer() : writer_([this] { run_writes(); }), reader_([this] { run_reads(); }) {}

PlainLayer::~PlainLayer() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        writes_hang_ = reads_hang_ = false;
        changed_.notify_all();
    }
    writer_.join();
    reader_.join();
}

void PlainLayer::hang(bool writes, bool reads) {
    const std::lock_guard lock(mutex_);
    writes_hang_ = writes;
    reads_hang_ = reads;
    changed_.notify_all();
}

bool PlainLayer::fail(unsigned nth, unsigned times) {
    const std::lock_guard lock(mutex_);
    until_failure_ = nth;
    failures_left_ = times;
    return std::exchange(has_failed_, false);
}

bool PlainLayer::fails() {
    if (until_failure_ == 0 || --until_failure_ > 0) return false;
    has_failed_ = true;
    until_failure_ = --failures_left_ > 0 ? 1 : 0;
    return true;
}

void PlainLayer::find(OwnedKey key, Choose choose, std::function<void(Found)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (questions_.size() < max_questions) {
            questions_.push_back([this, key = std::move(key), choose = std::move(choose), done = std::move(done)] {
                answer_find(key, choose, done);
            });
            return changed_.notify_all();
        }
    }
    Found refused;
    refused.failed = true;
    done(std::move(refused));
}

void PlainLayer::answer_find(const OwnedKey& key, const Choose& choose, const std::function<void(Found)>& done) {
    Found found;
    const auto set = std::make_shared<VariantSet>();
    std::deque<ChangePtr> changes;
    std::vector<PermitPtr> permits;
    {
        const std::lock_guard lock(mutex_);
        found.failed = sealed_;
        if (const auto there = content_.find(key.text); there != content_.end()) set->variants = there->second;
        changes = changes_;
        for (const ChangePtr& change : changes) permits.push_back(change->permit);
    }
    for (std::size_t i = 0; i < changes.size() && !found.failed; ++i) {
        const Change& change = *changes[i];
        if (change.selection) {
            if (change.erasure != Erasure::dry_run) erase_from(change, key.view(), set->variants);
        } else if (change.key.text == key.text && permits[i] && permits[i]->permits(key.view(), *change.object)) {
            store(change, set->variants);
        }
    }
    permits.clear();
    if (!found.failed && !set->variants.empty()) {
        found.object = choose(*set);
        found.set = set;
    }
    done(std::move(found));
}

Stored PlainLayer::store(const Change& change, std::vector<ObjectPtr>& variants) {
    const auto same = [&](const ObjectPtr& there) { return there->vary == change.object->vary; };
    const auto newer = [&](const ObjectPtr& there) { return same(there) && there->ticket > change.object->ticket; };
    if (std::any_of(variants.begin(), variants.end(), newer)) return Stored::superseded;
    ObjectPtr object = change.object;
    if (change.old_one) {
        const auto old_one = std::find_if(variants.begin(), variants.end(), [&](const ObjectPtr& there) {
            return there->ticket == change.old_one->ticket && there->vary == change.old_one->vary;
        });
        if (old_one == variants.end()) return Stored::superseded;
        const auto next = std::make_shared<Object>(*object);
        next->body = (*old_one)->body;
        object = next;
        variants.erase(old_one);
    }
    std::erase_if(variants, same);
    variants.insert(variants.begin(), object);
    if (!change.old_one && variants.size() > change.max_variants) variants.pop_back();
    return Stored::yes;
}

std::uint64_t PlainLayer::erase_from(const Change& change, const KeyView& key, std::vector<ObjectPtr>& variants) {
    std::uint64_t count = 0;
    for (ObjectPtr& variant : variants) {
        if (!change.selection->selects(key, *variant)) continue;
        ++count;
        if (change.erasure == Erasure::dry_run) continue;
        const auto stale = std::make_shared<Object>(*variant);
        stale->lifetime.invalidated = true;
        variant = change.erasure == Erasure::soft ? ObjectPtr(stale) : nullptr;
    }
    std::erase(variants, nullptr);
    return count;
}

Stored PlainLayer::insert(OwnedKey key, ObjectPtr object, std::size_t max_variants, PermitPtr permit,
                          std::function<void(Stored)> done) {
    const auto change = std::make_shared<Change>();
    change->key = std::move(key);
    change->object = std::move(object);
    change->max_variants = max_variants;
    change->permit = std::move(permit);
    change->stored = std::move(done);
    return take(change);
}

Stored PlainLayer::refresh(OwnedKey key, ObjectPtr old_one, ObjectPtr next, PermitPtr permit,
                           std::function<void(Stored)> done) {
    const auto change = std::make_shared<Change>();
    change->key = std::move(key);
    change->object = std::move(next);
    change->old_one = std::move(old_one);
    change->permit = std::move(permit);
    change->stored = std::move(done);
    return take(change);
}

Stored PlainLayer::take(ChangePtr change) {
    {
        const std::lock_guard lock(mutex_);
        if (bytes_ + change->bytes() <= max_bytes && !sealed_) {
            bytes_ += change->bytes();
            changes_.push_back(std::move(change));
            changed_.notify_all();
            return Stored::yes;
        }
    }
    change->permit.reset();
    change->stored(Stored::skipped);
    return Stored::skipped;
}

void PlainLayer::erase(std::shared_ptr<const Selection> selection, Erasure erasure, std::size_t,
                       std::function<void(Applied)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (erasures_ >= max_erasures) sealed_ = true;
        if (!sealed_) {
            ++erasures_;
            const auto change = std::make_shared<Change>();
            change->selection = std::move(selection);
            change->erasure = erasure;
            change->applied = std::move(done);
            changes_.push_back(change);
            return changed_.notify_all();
        }
        changed_.notify_all();
    }
    Applied refused;
    refused.failed = true;
    refused.durable = false;
    done(std::move(refused));
}

void PlainLayer::list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
                      std::function<void(KeyPage, bool failed)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (questions_.size() < max_questions) {
            questions_.push_back([this, filter, after, limit, done] {
                KeyPage page;
                {
                    const std::lock_guard locked(mutex_);
                    for (const auto& [text, variants] : content_) {
                        KeyRow row;
                        row.text = text;
                        row.path_offset = keys_[text].path_offset;
                        row.newest = variants.front();
                        row.variants = variants.size();
                        const bool behind = !after || *after < row;
                        if (behind && filter.takes(text, *row.newest)) page.rows.push_back(std::move(row));
                    }
                }
                std::sort(page.rows.begin(), page.rows.end());
                if (page.rows.size() > limit) {
                    page.rows.resize(limit);
                    page.behind = page.rows.back();
                }
                done(std::move(page), false);
            });
            return changed_.notify_all();
        }
    }
    done({}, true);
}

LayerStats PlainLayer::stats() const {
    const std::lock_guard lock(mutex_);
    LayerStats stats;
    for (const auto& [text, variants] : content_) stats.objects += variants.size();
    stats.queue_bytes = bytes_;
    stats.available = !sealed_;
    return stats;
}

// Under mutex_.
void PlainLayer::write(const Change& change, Stored& stored, Applied& applied) {
    const bool failed = fails();
    if (change.selection) {
        for (auto& [text, variants] : content_) {
            applied.erased.count += erase_from(change, keys_[text].view(), variants);
        }
        std::erase_if(content_, [](const auto& entry) { return entry.second.empty(); });
        applied.failed = failed;
        if (failed) sealed_ = true;
    } else if (failed) {
        stored = Stored::failed;
    } else if (!change.permit->permits(change.key.view(), *change.object)) {
        stored = Stored::invalidated;
    } else {
        keys_[change.key.text] = change.key;
        stored = store(change, content_[change.key.text]);
        if (content_[change.key.text].empty()) content_.erase(change.key.text);
    }
}

void PlainLayer::run_writes() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !writes_hang_ && (stopped_ || sealed_ || !changes_.empty()); });
        if (changes_.empty() && std::exchange(sealed_, false)) content_.clear();
        if (changes_.empty() && stopped_) return;
        if (changes_.empty()) continue;
        const ChangePtr change = changes_.front();
        Stored stored = Stored::yes;
        Applied applied;
        write(*change, stored, applied);
        changes_.pop_front();
        bytes_ -= change->bytes();
        if (change->selection) --erasures_;
        PermitPtr permit = std::move(change->permit);
        lock.unlock();
        permit.reset();
        if (change->stored) change->stored(stored);
        if (change->applied) change->applied(std::move(applied));
        lock.lock();
    }
}

void PlainLayer::run_reads() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !reads_hang_ && (stopped_ || !questions_.empty()); });
        if (questions_.empty()) return;
        const auto question = std::move(questions_.front());
        questions_.pop_front();
        lock.unlock();
        question();
        lock.lock();
    }
}

}  // namespace larder::storage
