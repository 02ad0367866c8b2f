#include "storage/disk/record.h"

#include <xxhash.h>

#include "storage/disk/bytes.h"

namespace larder::storage::disk {

namespace {

enum Flag : std::uint8_t {
    must_revalidate = 1,
    invalidated = 2,
    for_authorized = 4,
    has_last_modified = 8,
    for_cookies = 16
};
enum Kind : std::uint8_t { whole = 0, apart = 1 };

constexpr std::size_t seal_size = 8 + 1 + 1;  // checksum, version, kind

std::string sealed(Kind kind, std::string_view content, std::uint64_t number) {
    std::string value(8, '\0');
    value.reserve(seal_size + content.size());
    put(value, format_version);
    put(value, static_cast<std::uint8_t>(kind));
    value += content;
    const std::uint64_t sum = checksum(std::string_view(value).substr(8), number);
    std::memcpy(value.data(), &sum, sizeof sum);
    return value;
}

}  // namespace

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string encode(const Record& record) {
    const Object& object = *record.object;
    const Lifetime& life = object.lifetime;
    std::string head;
    head.reserve(256 + record.key_text.size() + object.fields.size() + record.inline_body.size());
    put(head, record.hash.high);
    put(head, record.hash.low);
    put(head, record.path_offset);
    put(head, record.body_size);
    put(head, record.body_number);
    std::uint8_t flags = 0;
    if (life.must_revalidate) flags |= must_revalidate;
    if (life.invalidated) flags |= invalidated;
    if (object.for_authorized) flags |= for_authorized;
    if (object.for_cookies) flags |= for_cookies;
    if (object.last_modified) flags |= has_last_modified;
    put(head, flags);
    put(head, static_cast<std::int32_t>(object.status));
    for (const std::int64_t value :
         {life.response_time, life.initial_age, life.freshness, life.stale_while_revalidate, life.stale_if_error,
          life.keep, object.date, object.stored_at, object.last_modified.value_or(0)}) {
        put(head, value);
    }
    put(head, object.ticket);
    put(head, object.rules_fingerprint);
    put(head, object.hidden);
    for (const std::string* text : {&record.key_text, &object.fields, &object.etag, &object.strategy_name,
                                    &object.resource_type, &object.resource_id}) {
        put_text(head, *text);
    }
    put(head, static_cast<std::uint32_t>(object.vary.size()));
    for (const VaryField& field : object.vary) {
        put_text(head, field.name);
        put(head, static_cast<std::uint8_t>(field.value.has_value()));
        if (field.value) put_text(head, *field.value);
    }
    put(head, static_cast<std::uint32_t>(object.tags.size()));
    for (const std::string& tag : object.tags) put_text(head, tag);
    head += record.inline_body;
    return head;
}

std::optional<Record> decode(std::string_view head) {
    Record record;
    record.object = std::make_shared<Object>();
    Object& object = *record.object;
    Lifetime& life = object.lifetime;
    Taking taking(head);
    record.hash.high = taking.value<std::uint64_t>();
    record.hash.low = taking.value<std::uint64_t>();
    record.path_offset = taking.value<std::uint32_t>();
    record.body_size = taking.value<std::uint64_t>();
    record.body_number = taking.value<std::uint64_t>();
    const auto flags = taking.value<std::uint8_t>();
    object.status = taking.value<std::int32_t>();
    std::int64_t last_modified = 0;
    for (std::int64_t* value : {&life.response_time, &life.initial_age, &life.freshness, &life.stale_while_revalidate,
                                &life.stale_if_error, &life.keep, &object.date, &object.stored_at, &last_modified}) {
        *value = taking.value<std::int64_t>();
    }
    life.must_revalidate = flags & must_revalidate;
    life.invalidated = flags & invalidated;
    object.for_authorized = flags & for_authorized;
    object.for_cookies = flags & for_cookies;
    if (flags & has_last_modified) object.last_modified = last_modified;
    object.ticket = taking.value<std::uint64_t>();
    object.rules_fingerprint = taking.value<std::uint64_t>();
    object.hidden = taking.value<std::uint32_t>();
    for (std::string* text : {&record.key_text, &object.fields, &object.etag, &object.strategy_name,
                              &object.resource_type, &object.resource_id}) {
        text->assign(taking.text());
    }
    const auto fields = taking.value<std::uint32_t>();
    if (fields > taking.left() / 5) return std::nullopt;  // a name's length and a mark each at least
    for (std::uint32_t i = 0; i < fields; ++i) {
        VaryField field{std::string(taking.text()), std::nullopt};
        if (taking.value<std::uint8_t>()) field.value.emplace(taking.text());
        object.vary.push_back(std::move(field));
    }
    const auto tags = taking.value<std::uint32_t>();
    if (tags > taking.left() / 4) return std::nullopt;
    for (std::uint32_t i = 0; i < tags; ++i) object.tags.emplace_back(taking.text());
    if (record.body_number == 0) record.inline_body.assign(taking.raw(record.body_size));
    if (!taking.whole() || record.path_offset > record.key_text.size()) return std::nullopt;
    if (object.hidden > object.fields.size()) return std::nullopt;
    return record;
}

std::string seal(std::string_view head, std::uint64_t number) {
    return sealed(whole, head, number);
}

std::string seal_apart(std::size_t head_size, std::uint64_t number) {
    std::string content;
    put(content, static_cast<std::uint32_t>(head_size));
    return sealed(apart, content, number);
}

std::optional<Sealed> unseal(std::string_view value, std::uint64_t number) {
    Taking taking(value);
    const auto sum = taking.value<std::uint64_t>();
    if (!taking.fine() || sum != checksum(value.substr(8), number)) return std::nullopt;
    if (taking.value<std::uint8_t>() != format_version) return std::nullopt;
    const auto kind = taking.value<std::uint8_t>();
    Sealed result;
    if (kind == whole) {
        result.head = taking.raw(taking.left());
        if (result.head.empty()) return std::nullopt;
    } else {
        result.head_size = taking.value<std::uint32_t>();
        if (kind != apart || result.head_size == 0 || result.head_size > most_head_bytes) return std::nullopt;
    }
    if (!taking.whole()) return std::nullopt;
    return result;
}

}  // namespace larder::storage::disk
