#include "storage/disk/disk_layer.h"

#include <numeric>
#include <utility>

#include "storage/disk/engine.h"
#include "storage/disk/erasing.h"
#include "storage/disk/finding.h"
#include "storage/disk/registering.h"
#include "storage/disk/source.h"
#include "storage/disk/storing.h"
#include "storage/disk/writer.h"

namespace larder::storage {

namespace {

using disk::Operation;
using disk::OperationPtr;
using disk::Pending;

// So many objects are looked at beside the writing thread; where more may be selected it is its business.
constexpr std::size_t most_looks_beside = 200;

// Answers an erasure that selects nothing without waiting for what the writing thread is about.
void answer_if_nothing(disk::Engine& engine, const OperationPtr& operation) {
    for (const OperationPtr& store : engine.pending.stores()) {
        if (operation->selection->selects(store->key(), *store->object)) return;
    }
    try {
        const auto entered = engine.environment.enter();
        if (!engine.environment.is_open()) return;
        disk::Content content(engine.environment, disk::Transaction::Mode::read);
        disk::Erasing erasing(*operation->selection, Erasure::dry_run, 0);
        if (!erasing.slice(content, most_looks_beside) || erasing.count() > 0) return;
        const bool may_come_back = operation->erasure != Erasure::dry_run && engine.dropped_since_sync;
        if (may_come_back) return;
    } catch (const disk::Failure& failure) {
        return engine.note_read_failure(failure);
    }
    if (operation->claim()) std::exchange(operation->applied, nullptr)({});
}

bool whole(const Body& body) {
    const auto sum = std::accumulate(body.pieces.begin(), body.pieces.end(), std::uint64_t{0},
                                     [](std::uint64_t size, const Body::Piece& piece) { return size + piece.size; });
    return sum == body.size;
}

void store(disk::Engine& engine, const OperationPtr& operation) {
    // Queued it holds all of the body, but for what the object shares with a faster layer.
    operation->bytes = operation->object->charge() + operation->key_text.size();
    Stored outcome = Stored::skipped;
    switch (engine.pending.offer(operation)) {
        case Pending::Taken::yes:
            return;
        case Pending::Taken::failed:
            outcome = Stored::failed;
            engine.figures.count(LayerError::write);
            break;
        default:
            break;
    }
    engine.figures.count(outcome);
    operation->hold.reset();
    engine.readers.post([operation, outcome] {
        if (operation->stored) operation->stored(outcome);
    });
}

}  // namespace

DiskLayer::DiskLayer(const DiskOptions& options, const Gate& gate)
    : engine_(std::make_unique<disk::Engine>(options, gate)),
      link_(std::make_shared<disk::Link>(*engine_)),
      writer_(std::make_unique<disk::Writer>(*engine_)) {}

DiskLayer::~DiskLayer() {
    release();
    link_->cut();
    engine_->readers.stop();
}

void DiskLayer::find(std::string key_text, KeyHash hash, Choose choose, std::function<void(Found)> done) {
    engine_->readers.post([this, key_text = std::move(key_text), hash, choose = std::move(choose),
                           done = std::move(done)] { done(disk::find(*engine_, link_, key_text, hash, choose)); });
}

void DiskLayer::insert(std::string key_text, std::uint32_t path_offset, KeyHash hash, ObjectPtr object,
                       std::size_t max_variants, std::shared_ptr<void> hold, std::function<void(Stored)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::insert;
    operation->key_text = std::move(key_text);
    operation->path_offset = path_offset;
    operation->hash = hash;
    operation->object = std::move(object);
    operation->max_variants = max_variants;
    operation->hold = std::move(hold);
    operation->stored = std::move(done);
    if (operation->object->body->size > largest()) {
        engine_->figures.count(Stored::too_large);
        operation->hold.reset();
        engine_->readers.post([operation] {
            if (operation->stored) operation->stored(Stored::too_large);
        });
        return;
    }
    if (!operation->object->body->in_memory() || !whole(*operation->object->body)) {
        engine_->figures.count(Stored::failed);
        operation->hold.reset();
        engine_->readers.post([operation] {
            if (operation->stored) operation->stored(Stored::failed);
        });
        return;
    }
    store(*engine_, operation);
}

void DiskLayer::refresh(std::string key_text, KeyHash hash, ObjectPtr old_one, ObjectPtr next,
                        std::shared_ptr<void> hold, std::function<void(Stored)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::refresh;
    operation->key_text = std::move(key_text);
    operation->hash = hash;
    operation->old_one = std::move(old_one);
    operation->object = std::move(next);
    operation->hold = std::move(hold);
    operation->stored = std::move(done);
    store(*engine_, operation);
}

void DiskLayer::erase(std::shared_ptr<const Selection> selection, Erasure erasure, std::size_t list_at_most,
                      std::function<void(Applied)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::erase;
    operation->selection = std::move(selection);
    operation->erasure = erasure;
    operation->list_at_most = list_at_most;
    operation->applied = std::move(done);
    if (engine_->pending.offer(operation) == Pending::Taken::yes) {
        engine_->readers.post([this, operation] { answer_if_nothing(*engine_, operation); });
        return;
    }
    engine_->readers.post([operation] {
        if (!operation->claim()) return;
        Applied applied;
        applied.durable = operation->erasure == Erasure::dry_run;
        std::exchange(operation->applied, nullptr)(std::move(applied));
    });
}

void DiskLayer::used(std::vector<Use> uses) {
    for (const Use& use : uses) engine_->uses.note(use.hash, {use.hits, use.misses, use.last_accessed});
}

void DiskLayer::list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
                     std::function<void(KeyPage, bool failed)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::after;
    operation->then = [this, filter = std::move(filter), after = std::move(after), limit, done = std::move(done)] {
        bool failed = false;
        KeyPage page = disk::list(*engine_, filter, after, limit, failed);
        done(std::move(page), failed);
    };
    if (engine_->pending.offer(operation) != Pending::Taken::yes) {
        engine_->readers.post(std::exchange(operation->then, nullptr));
    }
}

LayerStats DiskLayer::stats() const {
    const disk::Figures& figures = engine_->figures;
    LayerStats stats;
    stats.bytes = figures.bytes;
    stats.objects = figures.objects;
    stats.evictions = figures.evictions;
    for (std::size_t i = 0; i < layer_errors; ++i) stats.errors[i] = figures.errors[i];
    for (std::size_t i = 0; i < stored_outcomes; ++i) stats.stores[i] = figures.stores[i];
    stats.queue_bytes = engine_->pending.bytes();
    stats.available = engine_->pending.mode() == Pending::Mode::writing;
    return stats;
}

std::uint64_t DiskLayer::largest() const {
    return disk::largest_body(engine_->max_bytes);
}

void DiskLayer::change(const config::Layer& settings) {
    engine_->max_bytes = settings.max_size_bytes;
    engine_->eviction = settings.eviction_policy;
    engine_->pending.set_most_bytes(settings.file_system.queue_bytes);
    engine_->readers.resize(settings.file_system.readers);
}

void DiskLayer::release() {
    writer_->finish();
}

bool DiskLayer::in_use() const {
    return engine_->pins.any();
}

}  // namespace larder::storage
