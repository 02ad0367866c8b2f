#include <boost/asio/this_coro.hpp>

#include "proxy/answers.h"
#include "proxy/stored_answer.h"
#include "proxy/task.h"

namespace larder::proxy {
namespace {

constexpr std::uint64_t part_size = 256 * config::KiB;

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

// What is to be sent next: text, or bytes that are being read.
struct Item {
    std::string_view text;
    std::unique_ptr<Reading> reading;

    bool end() const { return text.empty() && !reading; }
};

// An answer cut into items. Asking for one begins its reading.
class Items {
  public:
    Items(StoredAnswer& answer, std::shared_ptr<const storage::BodySource> source, Executor executor)
        : answer_(answer), source_(std::move(source)), executor_(std::move(executor)) {}

    Item next() {
        Item item;
        if (span_.begin == span_.end && !answer_.next(span_)) return item;
        item.text = std::exchange(span_.text, {});
        if (!item.text.empty()) return item;
        const auto size = static_cast<std::size_t>(std::min(span_.end - span_.begin, part_size));
        item.reading = std::make_unique<Reading>(executor_, source_, span_.begin, size);
        span_.begin += size;
        return item;
    }

  private:
    StoredAnswer& answer_;
    const std::shared_ptr<const storage::BodySource> source_;
    const Executor executor_;
    StoredAnswer::Span span_;
};

// While one item is being sent, the next is being read.
Task<Sent> send_items(Downstream& client, const Downstream::Head& head, Items& items) {
    Item item = items.next();
    for (bool begun = false;; begun = true) {
        std::vector<std::string_view> pieces;
        if (item.reading) {
            const bool whole = co_await item.reading->whole();
            if (!whole) co_return begun ? Sent::cut : Sent::nothing;
            for (const auto& piece : item.reading->pieces()) pieces.emplace_back(piece.data.get(), piece.size);
        } else if (!item.text.empty()) {
            pieces.push_back(item.text);
        }
        Item ahead = items.next();
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

Task<Sent> send_stored(Downstream& client, Exchange& exchange, const storage::Object& object, storage::UnixTime now) {
    StoredAnswer answer;
    answer.prepare(exchange, object, now);
    Downstream::Head head;
    head.status = answer.status();
    head.fields = answer.fields();
    if (answer.status() != 304 && answer.status() != 204) head.length = answer.length();
    head.bodiless = answer.bodiless();
    if (!object.body || object.body->in_memory()) co_return co_await send_pieces(client, head, answer);
    const Executor executor = co_await asio::this_coro::executor;
    Items items(answer, object.body->source, executor);
    co_return co_await send_items(client, head, items);
}

}  // namespace larder::proxy
