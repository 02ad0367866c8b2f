#include "config/words.h"

#include <cassert>

namespace larder::config {

template <>
std::span<const Word<LayerName>> words() {
    static constexpr Word<LayerName> all[] = {{LayerName::l1_application, "L1_APPLICATION"},
                                              {LayerName::l2_redis, "L2_REDIS"},
                                              {LayerName::l3_database, "L3_DATABASE"},
                                              {LayerName::l4_cdn, "L4_CDN"},
                                              {LayerName::l5_external, "L5_EXTERNAL"}};
    return all;
}

template <>
std::span<const Word<Technology>> words() {
    static constexpr Word<Technology> all[] = {
        {Technology::memory, "MEMORY"},     {Technology::redis, "REDIS"}, {Technology::memcached, "MEMCACHED"},
        {Technology::database, "DATABASE"}, {Technology::cdn, "CDN"},     {Technology::file_system, "FILE_SYSTEM"}};
    return all;
}

template <>
std::span<const Word<EvictionPolicy>> words() {
    static constexpr Word<EvictionPolicy> all[] = {
        {EvictionPolicy::lru, "LRU"}, {EvictionPolicy::lfu, "LFU"},       {EvictionPolicy::fifo, "FIFO"},
        {EvictionPolicy::ttl, "TTL"}, {EvictionPolicy::random, "RANDOM"}, {EvictionPolicy::custom, "CUSTOM"}};
    return all;
}

template <>
std::span<const Word<CacheBehavior>> words() {
    static constexpr Word<CacheBehavior> all[] = {{CacheBehavior::read_through, "READ_THROUGH"},
                                                  {CacheBehavior::cache_aside, "CACHE_ASIDE"},
                                                  {CacheBehavior::write_through, "WRITE_THROUGH"},
                                                  {CacheBehavior::write_behind, "WRITE_BEHIND"},
                                                  {CacheBehavior::refresh_ahead, "REFRESH_AHEAD"}};
    return all;
}

template <>
std::span<const Word<InvalidationStrategy>> words() {
    static constexpr Word<InvalidationStrategy> all[] = {{InvalidationStrategy::ttl, "TTL"},
                                                         {InvalidationStrategy::event_driven, "EVENT_DRIVEN"},
                                                         {InvalidationStrategy::manual, "MANUAL"},
                                                         {InvalidationStrategy::dependency_based, "DEPENDENCY_BASED"},
                                                         {InvalidationStrategy::pattern_based, "PATTERN_BASED"}};
    return all;
}

template <>
std::span<const Word<TtlMode>> words() {
    static constexpr Word<TtlMode> all[] = {{TtlMode::origin, "origin"},
                                            {TtlMode::fallback, "default"},
                                            {TtlMode::cap, "cap"},
                                            {TtlMode::override_origin, "override"}};
    return all;
}

template <>
std::span<const Word<SetCookie>> words() {
    static constexpr Word<SetCookie> all[] = {
        {SetCookie::bypass, "bypass"}, {SetCookie::strip, "strip"}, {SetCookie::store, "store"}};
    return all;
}

template <>
std::span<const Word<RequestDirectives>> words() {
    static constexpr Word<RequestDirectives> all[] = {
        {RequestDirectives::safe, "safe"}, {RequestDirectives::obey, "obey"}, {RequestDirectives::ignore, "ignore"}};
    return all;
}

template <>
std::span<const Word<RequestCookies>> words() {
    static constexpr Word<RequestCookies> all[] = {
        {RequestCookies::bypass, "bypass"}, {RequestCookies::ignore, "ignore"}, {RequestCookies::store, "store"}};
    return all;
}

template <>
std::span<const Word<VaryPolicy>> words() {
    static constexpr Word<VaryPolicy> all[] = {
        {VaryPolicy::normalise, "normalise"}, {VaryPolicy::pass, "pass"}, {VaryPolicy::bypass, "bypass"}};
    return all;
}

template <>
std::span<const Word<RangeRequests>> words() {
    static constexpr Word<RangeRequests> all[] = {
        {RangeRequests::part, "part"}, {RangeRequests::whole, "whole"}, {RangeRequests::pass, "pass"}};
    return all;
}

template <>
std::span<const Word<ContentMethod>> words() {
    static constexpr Word<ContentMethod> all[] = {{ContentMethod::query, "QUERY"}, {ContentMethod::post, "POST"}};
    return all;
}

template <>
std::span<const Word<SurrogateFields>> words() {
    static constexpr Word<SurrogateFields> all[] = {{SurrogateFields::strip, "strip"}, {SurrogateFields::pass, "pass"}};
    return all;
}

template <>
std::span<const Word<TraceContext>> words() {
    static constexpr Word<TraceContext> all[] = {{TraceContext::make, "make"}, {TraceContext::pass, "pass"}};
    return all;
}

template <>
std::span<const Word<ForwardedFamily>> words() {
    static constexpr Word<ForwardedFamily> all[] = {{ForwardedFamily::x_forwarded, "x-forwarded"},
                                                    {ForwardedFamily::forwarded, "forwarded"},
                                                    {ForwardedFamily::both, "both"}};
    return all;
}

template <>
std::span<const Word<StoreErrors>> words() {
    static constexpr Word<StoreErrors> all[] = {{StoreErrors::safe, "safe"}, {StoreErrors::all, "all"}};
    return all;
}

template <>
std::span<const Word<StorePost>> words() {
    static constexpr Word<StorePost> all[] = {{StorePost::off, "off"}, {StorePost::representation, "representation"}};
    return all;
}

template <>
std::span<const Word<UnkeyedFields>> words() {
    static constexpr Word<UnkeyedFields> all[] = {{UnkeyedFields::pass, "pass"}, {UnkeyedFields::drop, "drop"}};
    return all;
}

template <>
std::span<const Word<UnderscoreFields>> words() {
    static constexpr Word<UnderscoreFields> all[] = {{UnderscoreFields::drop, "drop"},
                                                     {UnderscoreFields::pass, "pass"}};
    return all;
}

template <>
std::span<const Word<Balance>> words() {
    static constexpr Word<Balance> all[] = {{Balance::round_robin, "round_robin"},
                                            {Balance::least_connections, "least_connections"}};
    return all;
}

namespace {

template <class E>
const char* text_of(E value) {
    for (const Word<E>& word : words<E>()) {
        if (word.value == value) return word.text;
    }
    assert(false);
    return "";
}

}  // namespace

const char* word(LayerName value) {
    return text_of(value);
}
const char* word(Technology value) {
    return text_of(value);
}
const char* word(EvictionPolicy value) {
    return text_of(value);
}
const char* word(CacheBehavior value) {
    return text_of(value);
}
const char* word(InvalidationStrategy value) {
    return text_of(value);
}
const char* word(TtlMode value) {
    return text_of(value);
}
const char* word(SetCookie value) {
    return text_of(value);
}
const char* word(RequestDirectives value) {
    return text_of(value);
}
const char* word(RequestCookies value) {
    return text_of(value);
}
const char* word(VaryPolicy value) {
    return text_of(value);
}
const char* word(RangeRequests value) {
    return text_of(value);
}
const char* word(ContentMethod value) {
    return text_of(value);
}
const char* word(SurrogateFields value) {
    return text_of(value);
}
const char* word(TraceContext value) {
    return text_of(value);
}
const char* word(ForwardedFamily value) {
    return text_of(value);
}
const char* word(StoreErrors value) {
    return text_of(value);
}
const char* word(UnkeyedFields value) {
    return text_of(value);
}
const char* word(StorePost value) {
    return text_of(value);
}
const char* word(UnderscoreFields value) {
    return text_of(value);
}
const char* word(Balance value) {
    return text_of(value);
}

template <class E>
std::optional<E> enumerator(std::string_view text) {
    for (const Word<E>& word : words<E>()) {
        if (word.text == text) return word.value;
    }
    return std::nullopt;
}

template std::optional<LayerName> enumerator(std::string_view);
template std::optional<Technology> enumerator(std::string_view);
template std::optional<EvictionPolicy> enumerator(std::string_view);
template std::optional<CacheBehavior> enumerator(std::string_view);
template std::optional<InvalidationStrategy> enumerator(std::string_view);
template std::optional<TtlMode> enumerator(std::string_view);
template std::optional<SetCookie> enumerator(std::string_view);
template std::optional<RequestDirectives> enumerator(std::string_view);
template std::optional<RequestCookies> enumerator(std::string_view);
template std::optional<VaryPolicy> enumerator(std::string_view);
template std::optional<RangeRequests> enumerator(std::string_view);
template std::optional<ContentMethod> enumerator(std::string_view);
template std::optional<SurrogateFields> enumerator(std::string_view);
template std::optional<TraceContext> enumerator(std::string_view);
template std::optional<ForwardedFamily> enumerator(std::string_view);
template std::optional<StoreErrors> enumerator(std::string_view);
template std::optional<UnkeyedFields> enumerator(std::string_view);
template std::optional<StorePost> enumerator(std::string_view);
template std::optional<UnderscoreFields> enumerator(std::string_view);
template std::optional<Balance> enumerator(std::string_view);

}  // namespace larder::config
