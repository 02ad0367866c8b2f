#include "proxy/admin/explain.h"

#include <boost/asio/this_coro.hpp>

#include "policy/pattern_index.h"
#include "policy/tags.h"
#include "proxy/admin/json_body.h"
#include "proxy/content.h"
#include "proxy/explain.h"
#include "proxy/timestamp.h"

namespace larder::proxy::admin {
namespace {

namespace json = boost::json;
using policy::Forward;
using policy::Reuse;

std::string string_of(const json::value& value, const char* name) {
    if (!value.is_string()) throw Mistake{std::string(name) + ": expected a string"};
    return json::value_to<std::string>(value);
}

std::vector<std::string> lines_of(const json::value& value, const char* name) {
    if (!value.is_array()) throw Mistake{std::string(name) + ": expected a list of \"Name: value\""};
    std::vector<std::string> lines;
    for (const json::value& line : value.get_array()) {
        lines.push_back(string_of(line, name));
        if (lines.back().find(':') == std::string::npos) {
            throw Mistake{std::string(name) + ": expected \"Name: value\", found \"" + lines.back() + "\""};
        }
    }
    return lines;
}

Question question_of(const json::object& body) {
    Question question;
    question.method = "GET";
    for (const auto& [name, value] : body) {
        if (name == "method") {
            question.method = string_of(value, "method");
        } else if (name == "url") {
            question.url = string_of(value, "url");
        } else if (name == "fields") {
            question.fields = lines_of(value, "fields");
        } else if (name == "content") {
            question.content = string_of(value, "content");
        } else if (name == "response" && value.is_object()) {
            question.answer.emplace();
            for (const auto& [member, said] : value.get_object()) {
                if (member == "status" && said.is_int64() && said.get_int64() >= 200 && said.get_int64() <= 999) {
                    question.answer->status = static_cast<int>(said.get_int64());
                } else if (member == "fields") {
                    question.answer->fields = lines_of(said, "response.fields");
                } else {
                    throw Mistake{"response: expected status (200 to 999) and fields"};
                }
            }
        } else {
            throw Mistake{std::string(name) + ": expected method, url, fields, content or response (an object)"};
        }
    }
    if (question.url.empty()) throw Mistake{"url: expected an absolute URL, found nothing"};
    return question;
}

std::string time_text(storage::UnixTime time) {
    std::string text;
    append_whole_seconds(text, time * 1000);
    return text;
}

struct Outcome {
    const char* outcome;
    std::string why;
};

Outcome of_stored(const Hit& hit) {
    switch (hit.decision.reuse) {
        case Reuse::fresh:
            return {"hit", "a stored response is fresh (RFC 9111 section 4.2)"};
        case Reuse::stale_while_revalidate:
            return {"stale", "it is stale, served at once and refreshed behind it (RFC 5861 section 3)"};
        case Reuse::stale_accepted:
            return {"stale", "it is stale, and the request takes that (max-stale, RFC 9111 section 5.2.1.2)"};
        case Reuse::gateway_timeout:
            return {"504", "only-if-cached, and nothing usable is stored (RFC 9111 section 5.2.1.7)"};
        case Reuse::validate: {
            const char* const how = hit.object && hit.object->has_validator() ? ": asked for conditionally" : "";
            const bool outdated = hit.decision.forward == Forward::stale;
            return {"validate",
                    (outdated ? "what is stored is stale, or was stored under other rules" : "the request wants it") +
                        std::string(how) + " (RFC 9111 section 4.3)"};
        }
        case Reuse::fetch:
            break;
    }
    if (hit.withheld) return {"fetch", "what is stored may be another user's (RFC 9111 section 3.5, cookies)"};
    if (hit.part) return {"fetch", "a part is stored, but not what is asked for (RFC 9111 section 3.3)"};
    if (hit.set) return {"fetch", "only variants for other requests are stored (RFC 9111 section 4.1)"};
    return {"fetch", "nothing is stored under the key"};
}

Outcome outcome_of(const Explanation& said) {
    const Exchange& exchange = said.exchange;
    if (said.refusal) return {"refused", said.refusal.reason};
    if (!exchange.strategy) return {"pass", "no strategy matches: it is proxied, not stored"};
    if (said.by_cache) return of_stored(said.hit);
    const bool by_method = exchange.get || exchange.head || stored_by_content(exchange);
    if (!by_method) return {"pass", "the method is not GET, HEAD or one of content_methods"};
    if (!exchange.get && !exchange.head) return {"pass", "its content is longer than content_bytes"};
    if (exchange.has_body) return {"pass", "it has content, which is not in the key"};
    if (exchange.to_origin) return {"pass", "If-Match and If-Unmodified-Since are the origin's to judge"};
    return {"pass", "it asks for another protocol"};
}

// The arithmetic of RFC 9111 section 4.2.
json::object lifetime_of(const storage::Object& object, const policy::Freshness& freshness, storage::UnixTime now) {
    const storage::Lifetime& life = object.lifetime;
    json::object out;
    out["status"] = object.status;
    out["date"] = time_text(object.date);
    out["response_time"] = time_text(life.response_time);
    out["initial_age"] = life.initial_age;
    out["age"] = life.age(now);
    out["freshness_lifetime"] = life.freshness;
    out["freshness_from"] = policy::word(freshness.source);
    out["freshness_clause"] = policy::clause(freshness.source);
    out["freshness_capped"] = freshness.capped;
    out["ttl"] = life.invalidated ? 0 : life.freshness - life.age(now);
    out["fresh"] = life.fresh(now);
    out["fresh_until"] = time_text(life.fresh_until());
    out["invalidated"] = life.invalidated;
    out["must_revalidate"] = life.must_revalidate;
    out["stale_while_revalidate"] = life.stale_while_revalidate;
    out["stale_if_error"] = life.stale_if_error;
    out["keep"] = life.keep;
    out["etag"] = object.etag;
    json::array vary, tags;
    for (const auto& field : object.vary) {
        vary.push_back(
            json::object{{"name", field.name}, {"value", field.value ? json::value(*field.value) : nullptr}});
    }
    for (const std::string& tag : policy::tag_names(object.tags)) tags.push_back(json::value(tag));
    out["vary"] = std::move(vary);
    out["tags"] = std::move(tags);
    return out;
}

json::array layers_of(const Explanation& said) {
    json::array out;
    const Tiers& tiers = *said.exchange.running->tiers;
    for (const LayerAnswer& layer : said.layers) {
        const config::Layer& settings = tiers.settings(layer.tier);
        json::object one;
        one["layer_name"] = config::word(settings.layer_name);
        one["technology"] = config::word(settings.technology);
        one["asked"] = layer.asked;
        one["variants"] = layer.hit.set ? layer.hit.set->variants.size() : 0;
        const char* const absent = layer.hit.withheld ? "withheld" : layer.hit.set ? "other-variants" : "nothing";
        one["answer"] = layer.failed ? "failed" : layer.hit.object ? policy::word(layer.hit.decision.reuse) : absent;
        out.push_back(std::move(one));
    }
    return out;
}

json::array strategies_of(const Explanation& said) {
    json::array out;
    for (const policy::Strategy* strategy : said.strategies) {
        json::object one{{"strategy_name", strategy->name}, {"cache_key_pattern", strategy->pattern.text}};
        if (strategy != said.strategies.front()) {
            one["behind_because"] = policy::why_before(said.strategies.front()->pattern, strategy->pattern);
        }
        out.push_back(std::move(one));
    }
    return out;
}

json::object explanation(const Question& question, const Explanation& said) {
    const Exchange& exchange = said.exchange;
    const Outcome outcome = outcome_of(said);
    json::object out{{"method", question.method}, {"url", question.url}, {"at", time_text(exchange.now)}};
    out["outcome"] = outcome.outcome;
    out["why"] = outcome.why;
    if (said.refusal) {
        out["status"] = said.refusal.status;
        return out;
    }
    std::string status;
    policy::append(status, exchange.cache);
    out["cache_status"] = status;
    out["upstream"] = exchange.upstream_name;
    out["strategies"] = strategies_of(said);
    if (!exchange.strategy) return out;
    out["cache_key"] = exchange.key_text;
    if (!said.equivalent.empty()) out["found_under"] = said.equivalent;
    out["layers"] = layers_of(said);
    out["request_storable"] =
        json::object{{"verdict", policy::word(said.request_verdict)}, {"clause", policy::clause(said.request_verdict)}};
    if (said.hit.object) {
        policy::Freshness source;
        if (said.judged && !question.answer) source = said.judged->freshness;
        out["stored"] = lifetime_of(*said.hit.object, source, exchange.now);
    }
    if (said.judged) {
        json::object response{{"verdict", policy::word(said.judged->verdict)},
                              {"clause", policy::clause(said.judged->verdict)}};
        const bool storable = said.judged->verdict == policy::StoreVerdict::storable;
        if (storable && question.answer) {
            response["as_stored"] = lifetime_of(said.judged->object, said.judged->freshness, exchange.now);
        }
        out["response_storable"] = std::move(response);
    }
    return out;
}

}  // namespace

Task<AdminResponse> answer_explain(Shared& shared, std::string_view body) {
    Question question;
    std::string why;
    auto refused = read_object(body, [&](const json::object& object) { question = question_of(object); });
    if (refused) co_return std::move(*refused);
    const Executor executor = co_await asio::this_coro::executor;
    const auto said = co_await explain(executor, shared, question, why);
    if (!said) co_return problem(422, why);
    AdminResponse response;
    response.body = json::serialize(explanation(question, *said)) + "\n";
    co_return response;
}

}  // namespace larder::proxy::admin
