#include "proxy/post.h"

#include <algorithm>

#include "policy/cookies.h"
#include "policy/freshness.h"
#include "policy/request_field.h"
#include "policy/storable.h"
#include "policy/stored.h"
#include "proxy/filling.h"
#include "proxy/own_url.h"
#include "proxy/pass.h"
#include "proxy/storing.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// As the GET that it will answer: with the fields of this request, from which Vary selects.
policy::Request as_get(const Exchange& exchange) {
    return {"GET", *exchange.fields};
}

// A GET with these fields would have reached the origin as this POST did: nothing decided the response that is not in
// the key, in Vary, or left open by the strategy for GET too.
bool is_forwarded_as_get(const Exchange& exchange) {
    const auto& configuration = exchange.strategy->rules.configuration;
    if (exchange.selected != exchange.target.text || !exchange.upgrade.empty()) return false;
    if (configuration.unkeyed_fields == config::UnkeyedFields::drop) return false;
    const bool cookies_dropped = configuration.cookies == config::RequestCookies::ignore;
    if (cookies_dropped && policy::has_other_cookies(*exchange.fields, configuration.key_cookies)) return false;
    return std::none_of(exchange.fields->begin(), exchange.fields->end(), [](const policy::Field& field) {
        const policy::FieldRole role = policy::request_field(field.name).role;
        return role == policy::FieldRole::override || role == policy::FieldRole::condition;
    });
}

bool names_target(const Shared& shared, const Exchange& exchange, const policy::Fields& response) {
    return response.count("Content-Location") == 1 &&
           names_own_url(shared, exchange, response.value("Content-Location"));
}

}  // namespace

bool represents_target(const Shared& shared, const Exchange& exchange, const Fetched& fetched) {
    const auto& rules = exchange.strategy->rules;
    const policy::Response response = fetched.response();
    if (fetched.head.status != 200 || !fetched.body_sent || !is_forwarded_as_get(exchange)) return false;
    const auto directives = policy::effective_directives(response.fields, rules);
    return policy::explicit_freshness(response, directives) && names_target(shared, exchange, response.fields) &&
           policy::storable(as_get(exchange), response, rules) == policy::StoreVerdict::storable;
}

Task<void> answer_and_store(Worker& worker, Exchange& exchange, Downstream& client, Fetched fetched, Writing writing) {
    const Tiers& tiers = *exchange.running->tiers;
    const std::uint32_t strategy = exchange.strategy->index;
    const auto& rules = exchange.strategy->rules;
    const auto length = body_length(fetched.head);
    const std::uint64_t max_size = std::min(rules.configuration.max_object_size, tiers.largest(strategy));
    auto ticket = std::make_shared<policy::Tickets::Ticket>(worker.shared().tickets.begin());
    const auto object =
        stored_response(worker.shared().searches, exchange, as_get(exchange), fetched, writing.before->sequence());
    const bool overtaken = !writing.before->permits(exchange.key, *object, writing.own);
    writing.before.reset();
    if (overtaken || length.value_or(0) > max_size) {
        ticket.reset();
        co_await pass_response(worker, exchange, client, std::move(fetched));
        co_return;
    }
    object->ticket = ticket->sequence();
    exchange.cache.forward_status = fetched.head.status;
    Storing::What what(object, max_size);
    what.strategy = strategy;
    what.keep_alive = fetched.head.keep_alive;
    Filling filling(worker.shared().fills.solo(), std::nullopt, nullptr);
    co_await store_and_answer(worker, exchange, &client, std::move(filling), std::move(what), length, std::move(ticket),
                              std::move(fetched.connection));
}

}  // namespace larder::proxy
