#include "proxy/stored_answer.h"

#include <openssl/rand.h>

#include <array>

#include "policy/conditional.h"
#include "policy/digits.h"
#include "policy/field_lines.h"
#include "policy/part.h"
#include "proxy/decimal.h"

namespace larder::proxy {
namespace {

using policy::ByteRange;
using policy::same_name;

// Copies the lines that keep(name) wants.
template <class Keep>
void append_lines(std::string& out, std::string_view lines, Keep keep) {
    policy::for_each_line(lines, [&](std::string_view line, const policy::Field& field) {
        if (keep(field.name)) out.append(line).append("\r\n");
        return true;
    });
}

// RFC 9110 section 15.4.5: a 304 speaks of what guides a cache, not of the representation that it does not carry.
bool in_not_modified(std::string_view name) {
    return name.size() < 8 || !same_name(name.substr(0, 8), "content-") || same_name(name, "content-location");
}

}  // namespace

void StoredAnswer::prepare(const Exchange& exchange, const storage::Object& object, storage::UnixTime now) {
    status_ = object.status;
    fields_.clear();
    parts_.clear();
    tail_.clear();
    part_ = piece_ = 0;
    piece_begin_ = at_ = 0;
    text_sent_ = false;
    body_ = object.body.get();
    length_ = body_ ? body_->size : 0;
    bodiless_ = exchange.head || object.status == 204 || object.status == 304;

    if (policy::evaluate(exchange.method, *exchange.fields, object, now) == policy::Precondition::not_modified) {
        status_ = 304;
        bodiless_ = true;
        append_lines(fields_, object.sent_fields(), in_not_modified);
    } else if (object.part) {
        part_of_part(exchange, object, now);
    } else if (exchange.range && object.status == 200) {
        select_parts(exchange, object, now);
    } else {
        fields_ += object.sent_fields();
    }
    fields_ += "Age: ";
    append_number(fields_, static_cast<std::uint64_t>(object.lifetime.age(now)));
    fields_ += "\r\nCache-Status: ";
    policy::append(fields_, exchange.cache);
    fields_ += "\r\n";
}

void StoredAnswer::select_parts(const Exchange& exchange, const storage::Object& object, storage::UnixTime now) {
    policy::RangeSelection selection;
    if (policy::if_range_holds(*exchange.fields, object, now)) {
        selection = policy::select_ranges(exchange.method, *exchange.fields, length_);
    }
    switch (selection.outcome) {
        case policy::RangeOutcome::whole:
            fields_ += object.sent_fields();
            return;
        case policy::RangeOutcome::unsatisfiable:
            status_ = 416;
            append_lines(fields_, object.sent_fields(), in_not_modified);
            fields_ += "Content-Range: bytes */";
            append_number(fields_, length_);
            fields_ += "\r\n";
            body_ = nullptr;
            length_ = 0;
            return;
        case policy::RangeOutcome::partial:
            break;
    }
    const bool several = selection.ranges.size() > 1;
    if (several && !draw_boundary()) {
        fields_ += object.sent_fields();  // a Range may always be ignored
        return;
    }
    status_ = 206;
    if (several) {
        multipart(selection.ranges, object);
        return;
    }
    const ByteRange range = selection.ranges.front();
    append_lines(fields_, object.sent_fields(),
                 [](std::string_view name) { return !same_name(name, "content-range"); });
    append_content_range(fields_, range, length_);
    parts_.push_back({{}, range});
    length_ = range.last - range.first + 1;
}

// Chosen only for a request whose range lies within it (proxy/hit.h).
void StoredAnswer::part_of_part(const Exchange& exchange, const storage::Object& object, storage::UnixTime now) {
    const auto range = policy::range_within(object, exchange.method, *exchange.fields, now)
                           .value_or(ByteRange{object.part->first, object.part->first + length_ - 1});
    status_ = 206;
    append_lines(fields_, object.sent_fields(),
                 [](std::string_view name) { return !same_name(name, "content-range"); });
    append_content_range(fields_, range, object.part->complete);
    parts_.push_back({{}, {range.first - object.part->first, range.last - object.part->first}});
    length_ = range.last - range.first + 1;
}

// Not of a generator that others could calculate from the boundaries that they have seen. False: there are no random
// numbers.
bool StoredAnswer::draw_boundary() {
    std::array<unsigned char, 16> random;
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return false;
    boundary_.clear();
    for (const unsigned char byte : random) policy::append_hex(boundary_, byte, policy::HexCase::lower);
    return true;
}

void StoredAnswer::multipart(const std::vector<ByteRange>& ranges, const storage::Object& object) {
    const std::uint64_t size = length_;
    const std::string_view type = policy::value_in(object.fields, "content-type");
    append_lines(fields_, object.sent_fields(), [](std::string_view name) {
        return !same_name(name, "content-type") && !same_name(name, "content-range");
    });
    fields_ += "Content-Type: multipart/byteranges; boundary=";
    fields_ += boundary_;
    fields_ += "\r\n";
    length_ = 0;
    for (const ByteRange& range : ranges) {
        Part part;
        part.text = parts_.empty() ? "--" : "\r\n--";
        part.text += boundary_;
        part.text += "\r\n";
        if (!type.empty()) {
            part.text += "Content-Type: ";
            part.text += type;
            part.text += "\r\n";
        }
        policy::append_content_range(part.text, range, size);
        part.text += "\r\n";
        part.range = range;
        length_ += part.text.size() + (range.last - range.first + 1);
        parts_.push_back(std::move(part));
    }
    tail_ = "\r\n--";
    tail_ += boundary_;
    tail_ += "--\r\n";
    length_ += tail_.size();
}

bool StoredAnswer::next(Gather& gather) {
    if (bodiless_ || !body_) return false;
    bool added = false;
    if (parts_.empty()) {
        for (; piece_ < body_->pieces.size() && !gather.full(); ++piece_, added = true) {
            const auto& piece = body_->pieces[piece_];
            gather.add({piece.data.get(), piece.size});
        }
        return added;
    }
    while (part_ < parts_.size() && !gather.full()) {
        const Part& part = parts_[part_];
        if (!text_sent_) {
            text_sent_ = true;
            at_ = part.range.first;
            if (piece_begin_ > at_) piece_ = piece_begin_ = 0;  // ranges come in any order
            gather.add(part.text);
            added = true;
            continue;
        }
        while (piece_begin_ + body_->pieces[piece_].size <= at_) piece_begin_ += body_->pieces[piece_++].size;
        const auto& piece = body_->pieces[piece_];
        const std::uint64_t end = std::min(part.range.last + 1, piece_begin_ + piece.size);
        gather.add({piece.data.get() + (at_ - piece_begin_), static_cast<std::size_t>(end - at_)});
        added = true;
        at_ = end;
        if (at_ > part.range.last) {
            text_sent_ = false;
            ++part_;
        }
    }
    if (part_ == parts_.size() && !tail_.empty() && !gather.full()) {
        gather.add(tail_);
        body_ = nullptr;  // that was all
        added = true;
    }
    return added;
}

bool StoredAnswer::next(Span& span) {
    if (bodiless_ || !body_) return false;
    if (parts_.empty()) {
        span = {{}, 0, body_->size};
        body_ = nullptr;  // that was all
        return span.end > 0;
    }
    if (part_ == parts_.size()) {
        span = {tail_, 0, 0};
        body_ = nullptr;
        return !tail_.empty();
    }
    const Part& part = parts_[part_];
    if (!text_sent_ && !part.text.empty()) {
        text_sent_ = true;
        span = {part.text, 0, 0};
        return true;
    }
    text_sent_ = false;
    ++part_;
    span = {{}, part.range.first, part.range.last + 1};
    return true;
}

}  // namespace larder::proxy
