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

// Pages of the registry that are asked for at a time.
constexpr unsigned most_lists = 64;

// Answers an erasure that selects nothing without waiting for what the writing thread is about.
void answer_if_nothing(disk::Engine& engine, const OperationPtr& operation) {
    for (const OperationPtr& store : engine.pending.stores()) {
        if (operation->selection->selects(store->key.view(), *store->object)) return;
    }
    const std::uint64_t generation = engine.generation;
    try {
        const auto entered = engine.environment.enter();
        if (!engine.environment.is_open()) return;
        disk::Content content(engine.environment, disk::Transaction::Mode::read);
        disk::Erasing erasing(*operation->selection, Erasure::dry_run, 0);
        if (!erasing.slice(content, most_looks_beside) || erasing.count() > 0) return;
        const bool may_come_back = operation->erasure != Erasure::dry_run && engine.dropped_since_sync;
        if (may_come_back) return;
    } catch (const disk::Failure& failure) {
        return engine.note_read_failure(failure, generation);
    }
    if (operation->claim()) std::exchange(operation->applied, nullptr)({});
}

bool whole(const Body& body) {
    const auto sum = std::accumulate(body.pieces.begin(), body.pieces.end(), std::uint64_t{0},
                                     [](std::uint64_t size, const Body::Piece& piece) { return size + piece.size; });
    return sum == body.size;
}

// Not taken: answered on the caller's thread.
Stored refuse(disk::Engine& engine, Operation& operation, Stored why) {
    engine.figures.count(why);
    operation.permit.reset();
    if (operation.stored) std::exchange(operation.stored, nullptr)(why);
    return why;
}

Stored store(disk::Engine& engine, const OperationPtr& operation) {
    // Queued it holds all of the body, but for what the object shares with a faster layer.
    operation->bytes = operation->object->charge() + operation->key.text.size();
    switch (engine.pending.offer(operation)) {
        case Pending::Taken::yes:
            return Stored::yes;
        case Pending::Taken::failed:
            engine.figures.count(LayerError::write);
            return refuse(engine, *operation, Stored::failed);
        default:
            return refuse(engine, *operation, Stored::skipped);
    }
}

}  // namespace

DiskLayer::DiskLayer(const DiskOptions& options)
    : engine_(std::make_unique<disk::Engine>(options)),
      link_(std::make_shared<disk::Link>(*engine_)),
      writer_(std::make_unique<disk::Writer>(*engine_)) {}

DiskLayer::~DiskLayer() {
    release();
    link_->cut();
    engine_->readers.stop();
}

void DiskLayer::find(OwnedKey key, Choose choose, std::function<void(Found)> done) {
    struct Question {
        OwnedKey key;
        Choose choose;
        std::function<void(Found)> done;
    };
    const auto question = std::make_shared<Question>();
    question->key = std::move(key);
    question->choose = std::move(choose);
    question->done = std::move(done);
    const bool asked = engine_->readers.offer(
        [this, question] { question->done(disk::find(*engine_, link_, question->key.view(), question->choose)); });
    if (asked) return;
    engine_->figures.count(LayerError::busy);
    Found refused;
    refused.failed = true;
    question->done(std::move(refused));
}

Stored DiskLayer::insert(OwnedKey key, ObjectPtr object, std::size_t max_variants, PermitPtr permit,
                         std::function<void(Stored)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::insert;
    operation->key = std::move(key);
    operation->object = std::move(object);
    operation->max_variants = max_variants;
    operation->permit = std::move(permit);
    operation->stored = std::move(done);
    const Body& body = *operation->object->body;
    if (body.size > largest()) return refuse(*engine_, *operation, Stored::too_large);
    if (!body.in_memory() || !whole(body)) return refuse(*engine_, *operation, Stored::failed);
    return store(*engine_, operation);
}

Stored DiskLayer::refresh(OwnedKey key, ObjectPtr old_one, ObjectPtr next, PermitPtr permit,
                          std::function<void(Stored)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::refresh;
    operation->key = std::move(key);
    operation->old_one = std::move(old_one);
    operation->object = std::move(next);
    operation->permit = std::move(permit);
    operation->stored = std::move(done);
    return store(*engine_, operation);
}

void DiskLayer::erase(std::shared_ptr<const Selection> selection, Erasure erasure, std::size_t list_at_most,
                      std::function<void(Applied)> done) {
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::erase;
    operation->selection = std::move(selection);
    operation->erasure = erasure;
    operation->list_at_most = list_at_most;
    operation->applied = std::move(done);
    const Pending::Taken taken = engine_->pending.offer(operation);
    if (taken == Pending::Taken::yes) {
        engine_->readers.post([this, operation] { answer_if_nothing(*engine_, operation); });
        return;
    }
    if (taken == Pending::Taken::seals) {
        engine_->report("storage_sealed",
                        engine_->options.directory +
                            ": too many invalidations wait to be written; nothing is served from there until its "
                            "content has been dropped");
        engine_->readers.post([this] { engine_->mark_for_dropping(); });
    }
    if (taken != Pending::Taken::denied) engine_->figures.count(LayerError::write);
    Applied applied;
    applied.failed = taken != Pending::Taken::denied;
    applied.durable = erasure == Erasure::dry_run;
    if (operation->claim()) std::exchange(operation->applied, nullptr)(std::move(applied));
}

void DiskLayer::used(std::vector<Use> uses) {
    for (const Use& use : uses) engine_->uses.note(use.hash, {use.hits, use.misses, use.last_accessed});
}

void DiskLayer::list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
                     std::function<void(KeyPage, bool failed)> done) {
    if (engine_->lists.fetch_add(1) >= most_lists) {
        --engine_->lists;
        engine_->figures.count(LayerError::busy);
        return done({}, true);
    }
    const auto operation = std::make_shared<Operation>();
    operation->kind = Operation::Kind::after;
    operation->then = [this, filter = std::move(filter), after = std::move(after), limit, done = std::move(done)] {
        bool failed = false;
        KeyPage page = disk::list(*engine_, filter, after, limit, failed);
        --engine_->lists;
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
    stats.available = engine_->pending.mode() == Pending::Mode::writing && !engine_->pending.sealed();
    return stats;
}

std::uint64_t DiskLayer::largest() const {
    return disk::largest_body(engine_->max_bytes);
}

void DiskLayer::change(const config::Layer& settings) {
    engine_->max_bytes = settings.max_size_bytes;
    engine_->eviction = settings.eviction_policy;
    engine_->pending.set_most_bytes(settings.file_system.queue_bytes);
    engine_->patience = settings.file_system.timeout;
    engine_->readers.resize(settings.file_system.readers);
}

void DiskLayer::release() {
    writer_->finish();
}

bool DiskLayer::in_use() const {
    return engine_->pins.any();
}

}  // namespace larder::storage
