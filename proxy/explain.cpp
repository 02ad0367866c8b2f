#include "proxy/explain.h"

#include <algorithm>

#include "policy/field_lines.h"
#include "policy/key.h"
#include "policy/pattern_index.h"
#include "policy/stored.h"
#include "policy/vary.h"
#include "proxy/answers.h"
#include "proxy/content.h"
#include "proxy/identify.h"
#include "proxy/own_url.h"
#include "proxy/run_exchange.h"

namespace larder::proxy {
namespace {

bool one_line(std::string_view text) {
    return text.find_first_of("\r\n") == std::string_view::npos;
}

// What a layer holds under the key.
Task<void> ask(Executor executor, const Shared& shared, const Exchange& exchange, LayerAnswer& answer) {
    const Tiers& tiers = *exchange.running->tiers;
    storage::VariantSetPtr set;
    if (const auto& memory = tiers.memory(answer.tier)) {
        set = memory->peek(exchange.key);
    } else {
        Answers<storage::Layer::Found> answers(executor);
        const auto none = [](const storage::VariantSet&) -> const storage::Object* { return nullptr; };
        tiers.layer(answer.tier)->find(storage::OwnedKey(exchange.key), none, answers.callback());
        const auto came = co_await answers.within(tiers.settings(answer.tier).file_system.lookup_timeout);
        answer.failed = !came.front() || came.front()->failed;
        if (came.front()) set = came.front()->set;
    }
    const storage::Object* object =
        set ? policy::choose_variant(*set, {*exchange.fields, exchange.first_language}) : nullptr;
    answer.hit = judged(shared, std::move(set), object, exchange);
}

// In the order in which a request asks: those that answer at once first. The first that has it counts.
Task<void> ask_layers(Executor executor, const Shared& shared, Explanation& into) {
    const Tiers& tiers = *into.exchange.running->tiers;
    const std::size_t depth = tiers.depth(into.exchange.strategy->index);
    for (std::size_t tier = 0; tier < depth; ++tier) into.layers.emplace_back().tier = tier;
    into.hit = judged(shared, nullptr, nullptr, into.exchange);
    for (const bool slow : {false, true}) {
        for (std::size_t tier = 0; tier < depth; ++tier) {
            if ((tiers.layer(tier) != nullptr) != slow) continue;
            LayerAnswer& answer = into.layers[tier];
            answer.asked = !into.hit.object && !into.hit.withheld;
            co_await ask(executor, shared, into.exchange, answer);
            const bool counts = answer.asked && (answer.hit.object || (answer.hit.set && !into.hit.set));
            if (!counts) continue;
            into.hit = answer.hit;
            into.answering = tier;
        }
    }
}

// As proxy/hit.cpp looks second: what is found counts if it can be served as it is.
Task<void> ask_for_equivalent(Executor executor, const Shared& shared, Explanation& into) {
    Exchange& exchange = into.exchange;
    const std::string text = equivalent_key(shared, exchange);
    if (text.empty()) co_return;
    Explanation other;
    other.exchange = exchange;
    other.exchange.key_text = text;
    other.exchange.key = view_of(shared, exchange, other.exchange.key_text);
    co_await ask_layers(executor, shared, other);
    if (!answers_too(other.hit, text, exchange)) co_return;
    into.equivalent = text;
    into.layers = std::move(other.layers);
    into.hit = std::move(other.hit);
    into.answering = other.answering;
}

Judgement judge(const policy::Request& request, const policy::Response& response, const policy::Rules& rules) {
    Judgement result;
    result.verdict = policy::storable(request, response, rules);
    result.freshness = policy::freshness(request, response, rules);
    if (result.verdict == policy::StoreVerdict::storable) {
        result.object = policy::stored_object(request, response, rules);
    }
    return result;
}

void judge_response(const Shared& shared, const Question& question, Explanation& into) {
    const Exchange& exchange = into.exchange;
    const policy::Rules& rules = exchange.strategy->rules;
    const policy::Request request{exchange.method, *exchange.fields, exchange.has_body, exchange.by_content};
    // A response that nothing speaks against: what is left is the request's doing.
    policy::Fields good;
    good.add("Cache-Control", "public, max-age=60");
    into.request_verdict = policy::storable(request, {200, good, exchange.now, exchange.now}, rules);
    if (question.answer) {
        std::string text;
        for (const std::string& line : question.answer->fields) text += line + "\r\n";
        const policy::Fields fields = policy::fields_in(text);
        const int status = question.answer->status;
        const bool to_itself = redirects_to_itself(shared, exchange, status, fields);
        into.judged = judge(request, {status, fields, exchange.now, exchange.now, to_itself}, rules);
    } else if (const storage::Object* object = into.hit.object) {
        const policy::Fields fields = policy::fields_in(object->fields);
        const auto then = object->lifetime.response_time;
        into.judged = judge(request, {object->status, fields, then, then}, rules);
    }
}

}  // namespace

Task<std::unique_ptr<Explanation>> explain(Executor executor, const Shared& shared, const Question& question,
                                           std::string& why) {
    const bool https = question.url.starts_with("https://");
    const bool absolute = https || question.url.starts_with("http://");
    const bool clean = one_line(question.method) && one_line(question.url) &&
                       std::ranges::all_of(question.fields, [](const std::string& line) { return one_line(line); });
    if (!absolute || !clean) {
        why = !absolute
                  ? "url: expected an absolute URL such as http://api.example.com/a, found \"" + question.url + "\""
                  : "a line break in method, url or a field";
        co_return nullptr;
    }
    auto result = std::make_unique<Explanation>();
    Exchange& exchange = result->exchange;
    exchange.running = shared.running();
    exchange.now = shared.clock.unix_time();
    std::string& head = result->head;
    const std::size_t path = policy::path_offset(question.url);
    head =
        question.method + ' ' + (path == std::string::npos ? "/" : question.url.substr(path)) + " HTTP/1.1\r\nHost: ";
    head.append(policy::authority_of(question.url, path)).append("\r\n");
    for (const std::string& line : question.fields) head += line + "\r\n";
    if (!question.content.empty()) head += "Content-Length: " + std::to_string(question.content.size()) + "\r\n";
    head += "\r\n";
    const auto limits = h1::request_head_limits(exchange.running->config.limits);
    result->refusal = h1::parse_request_head(head, limits, result->request);
    if (!result->refusal) result->refusal = identify(shared, result->request, https, exchange);
    if (result->refusal) co_return result;
    result->strategies =
        exchange.running->strategies.find_all(policy::host_of(exchange.authority), exchange.target.path());
    if (stored_by_content(exchange)) {
        exchange.content = question.content;
        if (exchange.content.size() <= exchange.strategy->rules.configuration.content_bytes) {
            key_by_content(shared, exchange);
        }
    }
    result->by_cache = may_be_answered(exchange);
    if (!may_be_stored(exchange)) exchange.cache.forward = why_not(exchange);
    if (!exchange.strategy) co_return result;
    if (result->by_cache) co_await ask_layers(executor, shared, *result);
    if (result->by_cache && !result->hit.object && !result->hit.withheld) {
        co_await ask_for_equivalent(executor, shared, *result);
    }
    if (may_be_stored(exchange)) {
        exchange.cache.forward = result->hit.decision.forward;
    } else if (result->by_cache && !result->hit.fresh()) {
        result->by_cache = false;
        result->hit = {};
        result->layers.clear();
        result->answering.reset();
    }
    if (result->hit.served()) note_hit(exchange, result->hit);
    judge_response(shared, question, *result);
    co_return result;
}

}  // namespace larder::proxy
