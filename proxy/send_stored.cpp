#include "proxy/answers.h"
#include "proxy/stored_answer.h"
#include "proxy/task.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

constexpr std::uint64_t part_size = 256 * config::KiB;
constexpr std::uint64_t part_size_when_tight = 64 * config::KiB;

using Pieces = std::vector<storage::Body::Piece>;

// Bytes on their way here from a slower layer.
class Reading {
  public:
    Reading(const Executor& executor, std::shared_ptr<const storage::BodySource> source, std::uint64_t begin,
            std::size_t size)
        : source_(std::move(source)), size_(size), answers_(executor) {
        source_->read(begin, size,
                      [answer = answers_.callback(), keeps = source_](Pieces came) { answer(std::move(came)); });
    }

    // Not all of them: the body is gone, or has not come in time.
    Task<bool> whole() {
        auto came = co_await answers_.within(source_->patience());
        if (came.front()) pieces_ = std::move(*came.front());
        std::size_t sum = 0;
        for (const auto& piece : pieces_) sum += piece.size;
        co_return sum == size_;
    }
    const Pieces& pieces() const { return pieces_; }

  private:
    const std::shared_ptr<const storage::BodySource> source_;
    const std::size_t size_;
    Answers<Pieces> answers_;
    Pieces pieces_;
};

// What is to be sent next: text, or bytes of the body, which may be being read already.
struct Item {
    std::string_view text;
    std::uint64_t begin = 0;
    std::size_t size = 0;
    std::unique_ptr<Reading> reading;

    bool end() const { return text.empty() && size == 0; }
    std::uint64_t pinned() const { return reading ? storage::Piece::charge_of(size) : 0; }
};

// An answer cut into items.
class Items {
  public:
    Items(StoredAnswer& answer, std::shared_ptr<const storage::BodySource> source, Worker& worker)
        : answer_(answer), source_(std::move(source)), worker_(worker) {}

    Item next() {
        Item item;
        if (span_.begin == span_.end && !answer_.next(span_)) return item;
        item.text = std::exchange(span_.text, {});
        if (!item.text.empty()) return item;
        const auto most = tight() ? part_size_when_tight : part_size;
        item.begin = span_.begin;
        item.size = static_cast<std::size_t>(std::min(span_.end - span_.begin, most));
        span_.begin += item.size;
        return item;
    }
    void begin_reading(Item& item) {
        if (item.size == 0 || item.reading) return;
        item.reading = std::make_unique<Reading>(worker_.executor(), source_, item.begin, item.size);
    }
    // Memory is short: one thing after the other.
    bool tight() const { return worker_.shared().account.tight(); }

  private:
    StoredAnswer& answer_;
    const std::shared_ptr<const storage::BodySource> source_;
    Worker& worker_;
    StoredAnswer::Span span_;
};

// While one item is being sent, the next is being read.
Task<Sent> send_items(Downstream& client, const Downstream::Head& head, Items& items) {
    Pinned pinned(client, {});
    Item item = items.next();
    for (bool begun = false;; begun = true) {
        std::vector<std::string_view> pieces;
        if (item.size > 0) {
            items.begin_reading(item);
            const bool whole = co_await item.reading->whole();
            if (!whole) co_return begun ? Sent::cut : Sent::nothing;
            for (const auto& piece : item.reading->pieces()) pieces.emplace_back(piece.data.get(), piece.size);
        } else if (!item.text.empty()) {
            pieces.push_back(item.text);
        }
        Item ahead = items.next();
        if (!items.tight()) items.begin_reading(ahead);
        Pin pin;
        pin.bytes = item.pinned() + ahead.pinned();
        pinned.change(pin);
        bool sent = false;
        if (begun) {
            sent = co_await client.send(pieces.data(), pieces.size(), ahead.end());
        } else {
            sent = co_await client.begin(head, pieces.data(), pieces.size(), ahead.end());
        }
        if (!sent) co_return Sent::cut;
        if (ahead.end()) co_return Sent::all;
        item = std::move(ahead);
    }
}

Task<Sent> send_pieces(Downstream& client, const Downstream::Head& head, StoredAnswer& answer) {
    for (bool begun = false;; begun = true) {
        Gather gather;
        const bool more = answer.next(gather);
        if (begun && !more) co_return Sent::all;
        std::array<std::string_view, Gather::capacity> pieces;
        std::size_t count = 0;
        for (const auto& buffer : gather.view()) {
            pieces[count++] = {static_cast<const char*>(buffer.data()), buffer.size()};
        }
        bool sent = false;
        if (begun) {
            sent = co_await client.send(pieces.data(), count, false);
        } else {
            // With a known length the session knows the end by itself.
            sent = co_await client.begin(head, pieces.data(), count, !more);
        }
        if (!sent) co_return Sent::cut;
        if (!more) co_return Sent::all;
    }
}

}  // namespace

Task<Sent> send_stored(Worker& worker, Downstream& client, Exchange& exchange, const storage::Object& object,
                       storage::UnixTime now) {
    StoredAnswer answer;
    answer.prepare(exchange, object, now);
    Downstream::Head head;
    head.status = answer.status();
    head.fields = answer.fields();
    if (answer.status() != 304 && answer.status() != 204) head.length = answer.length();
    head.bodiless = answer.bodiless();
    if (!object.body || object.body->in_memory()) {
        Pin pin;
        pin.body = object.body.get();
        const Pinned pinned(client, pin);
        co_return co_await send_pieces(client, head, answer);
    }
    Items items(answer, object.body->source, worker);
    co_return co_await send_items(client, head, items);
}

}  // namespace larder::proxy
