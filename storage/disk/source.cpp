#include "storage/disk/source.h"

#include <algorithm>
#include <utility>

#include "storage/disk/parts.h"

namespace larder::storage::disk {

namespace {

constexpr std::size_t most_at_once = 1024 * 1024;

std::vector<Body::Piece> pieces(Engine& engine, std::uint64_t generation, std::uint64_t object, std::uint64_t number,
                                std::uint64_t body_size, std::uint64_t offset, std::size_t size) {
    std::vector<Body::Piece> read;
    try {
        const auto entered = engine.environment.enter();
        if (!engine.environment.is_open() || engine.generation != generation) return {};
        Transaction transaction(engine.environment, Transaction::Mode::read);
        Parts parts(engine.environment, transaction);
        if (!read_pieces(parts, *engine.options.account, number, body_size, offset, size, read)) {
            engine.note_damage({object}, generation);
            return {};
        }
        engine.note_read();
    } catch (const Failure& failure) {
        engine.note_read_failure(failure, generation);
        return {};
    }
    return read;
}

}  // namespace

Source::Source(std::shared_ptr<Link> link, Engine& engine, std::uint64_t object, std::uint64_t number,
               std::uint64_t size)
    : link_(std::move(link)), object_(object), number_(number), size_(size), generation_(engine.generation) {
    engine.pins.hold(number_);
}

Source::~Source() {
    link_->with([this](Engine& engine) { engine.pins.release(number_); });
}

std::chrono::milliseconds Source::patience() const {
    std::chrono::milliseconds patience{0};
    link_->with([&](Engine& engine) { patience = engine.patience; });
    return patience;
}

void Source::read(std::uint64_t offset, std::size_t size, std::function<void(std::vector<Body::Piece>)> done) const {
    const std::size_t wanted = offset < size_ ? std::min<std::uint64_t>({size, most_at_once, size_ - offset}) : 0;
    const auto shared_done = std::make_shared<std::function<void(std::vector<Body::Piece>)>>(std::move(done));
    bool asked = false;
    link_->with([&](Engine& engine) {
        asked = engine.readers.offer(
            [&engine, shared_done, generation = generation_, object = object_, number = number_, body = size_, offset,
             wanted] { (*shared_done)(pieces(engine, generation, object, number, body, offset, wanted)); });
        if (!asked) engine.figures.count(LayerError::busy);
    });
    if (!asked) (*shared_done)({});
}

}  // namespace larder::storage::disk
