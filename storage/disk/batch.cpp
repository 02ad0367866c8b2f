#include "storage/disk/batch.h"

#include <algorithm>
#include <utility>

namespace larder::storage::disk {

Batch::Batch(Engine& engine, Eviction& eviction, About& about)
    : engine_(engine),
      eviction_(eviction),
      about_(about),
      next_(about),
      // Half pages: a quarter of the reserve.
      budget_(std::clamp<std::uint64_t>(engine.environment.reserve() / 2, 32, 8192)) {}

Content& Batch::content() {
    if (!content_) content_.emplace(engine_.environment, Transaction::Mode::write, &engine_.pins);
    return *content_;
}

void Batch::turn() {
    if (content_ && content_->cost() >= budget_) commit();
}

std::uint64_t Batch::left() const {
    const std::uint64_t spent = content_ ? content_->cost() : 0;
    return spent + 2 < budget_ ? budget_ - spent : 2;
}

bool Batch::make_room(std::uint64_t pages) {
    const auto now = engine_.options.now();
    while (engine_.environment.used_pages(content().transaction()) + pages > engine_.environment.high_water()) {
        const std::uint64_t left = eviction_.evict(content(), engine_.uses, now);
        if (left == 0) {
            // Bodies without a record may still be there.
            const bool more = content().sweep_unowned(budget_ / 4);
            const std::uint64_t used = engine_.environment.used_pages(content().transaction());
            if (!more && used + pages > engine_.environment.high_water()) return false;
        }
        evicted_ += left;
        turn();
    }
    return true;
}

void Batch::commit() {
    if (content_ && (content_->transaction().changed() || next_.next_number != about_.next_number)) write();
    content_.reset();
    if (std::exchange(must_last_, false)) engine_.sync();
    for (const OperationPtr& operation : std::exchange(done_, {})) answer(engine_, operation);
}

void Batch::write() {
    next_.inflation = eviction_.inflation();
    content_->put_about(next_);
    const std::uint64_t used = engine_.environment.used_pages(content_->transaction());
    const std::uint64_t objects = content_->transaction().entries(content_->tables().objects);
    for (std::size_t i = 0; i < content_->damaged().size(); ++i) engine_.figures.count(LayerError::damaged);
    disowned_ = disowned_ || content_->transaction().entries(content_->tables().unowned) > 0;
    engine_.unsynced = true;
    if (content_->dropped()) engine_.dropped_since_sync = true;  // before a reader can miss what is dropped
    content_->transaction().commit();
    about_ = next_;
    engine_.figures.bytes = used * engine_.environment.page_bytes();
    engine_.figures.objects = objects;
    engine_.figures.evictions += std::exchange(evicted_, 0);
    engine_.environment.extend_file();
}

void answer(Engine& engine, const OperationPtr& operation) {
    operation->answered = true;
    engine.pending.settle(operation);
    switch (operation->kind) {
        case Operation::Kind::insert:
        case Operation::Kind::refresh:
            engine.figures.count(operation->outcome);
            if (operation->stored) std::exchange(operation->stored, nullptr)(operation->outcome);
            break;
        case Operation::Kind::erase:
            if (operation->mine && operation->applied) {
                std::exchange(operation->applied, nullptr)(std::move(operation->result));
            }
            break;
        case Operation::Kind::after:
            if (operation->then) engine.readers.post(std::exchange(operation->then, nullptr));
            break;
        case Operation::Kind::drop:
            break;
    }
}

}  // namespace larder::storage::disk
