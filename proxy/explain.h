// What would become of a request, and why: by the code that serves requests, up to where the origin would be asked.
// Nothing is counted, fetched or changed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/freshness.h"
#include "proxy/h1/request_head.h"
#include "proxy/hit.h"
#include "proxy/shared.h"

namespace larder::proxy {

struct Question {
    std::string method;
    std::string url;                  // absolute
    std::vector<std::string> fields;  // "Name: value"
    std::string content;
    // A response of the origin's to judge; nullopt: the stored one, if there is one.
    struct Answer {
        int status = 200;
        std::vector<std::string> fields;
    };
    std::optional<Answer> answer;
};

// What one layer has for the request.
struct LayerAnswer {
    std::size_t tier = 0;
    bool asked = true;  // false: a layer in front has answered
    bool failed = false;
    Hit hit;  // its set: all variants, without bodies where the layer is slow
};

// A response, stored or proposed, by the rules in force.
struct Judgement {
    policy::StoreVerdict verdict = policy::StoreVerdict::storable;
    policy::Freshness freshness;
    storage::Object object;  // as it would be stored; empty unless storable
};

struct Explanation {
    std::string head;  // of the request as Larder would read it: what `exchange` views
    h1::RequestHead request;
    Exchange exchange;       // with its `cache` as Cache-Status would begin
    std::string equivalent;  // the key under which it was found, if that is another (No-Vary-Search)
    h1::Refusal refusal;
    std::vector<const policy::Strategy*> strategies;  // that match, the one in force first
    bool by_cache = false;                            // the layers are asked
    std::vector<LayerAnswer> layers;
    std::optional<std::size_t> answering;                                   // of `layers`: whose answer counts
    Hit hit;                                                                // what counts; with `by_cache`
    policy::StoreVerdict request_verdict = policy::StoreVerdict::storable;  // what the request alone says
    std::optional<Judgement> judged;
};

// Null: the question is no request, and `why` says so.
Task<std::unique_ptr<Explanation>> explain(Executor executor, const Shared& shared, const Question& question,
                                           std::string& why);

}  // namespace larder::proxy
