#include <cstdio>
#include <fstream>

#include "config/config.h"
#include "proxy/metrics.h"
#include "proxy/shared.h"

namespace larder::proxy {
namespace {

using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

class Writer {
  public:
    void family(const char* name, const char* type, const char* help) {
        name_ = name;
        out_ += "# HELP ";
        out_ += name;
        out_ += ' ';
        out_ += help;
        out_ += "\n# TYPE ";
        out_ += name;
        out_ += ' ';
        out_ += type;
        out_ += '\n';
    }
    void sample(Labels labels, std::int64_t value, const char* suffix = "") {
        line(labels, suffix);
        out_ += std::to_string(value);
        out_ += '\n';
    }
    void sample(Labels labels, double value, const char* suffix = "") {
        char text[40];
        std::snprintf(text, sizeof text, "%.9g", value);
        line(labels, suffix);
        out_ += text;
        out_ += '\n';
    }
    std::string take() { return std::move(out_); }

  private:
    void line(Labels labels, const char* suffix) {
        out_ += name_;
        out_ += suffix;
        char before = '{';
        for (const auto& [name, value] : labels) {
            out_ += before;
            before = ',';
            out_ += name;
            out_ += "=\"";
            for (const char c : value) {
                if (c == '"' || c == '\\') out_ += '\\';
                if (c == '\n') {
                    out_ += "\\n";
                } else {
                    out_ += c;
                }
            }
            out_ += '"';
        }
        if (before == ',') out_ += '}';
        out_ += ' ';
    }

    std::string out_;
    const char* name_ = "";
};

template <class Get>
std::int64_t total(const Metrics& metrics, Get get) {
    std::int64_t sum = 0;
    for (const WorkerMetrics& worker : metrics.workers) sum += get(worker).value();
    return sum;
}

void requests(Writer& out, const Metrics& metrics, const Running& running) {
    out.family("larder_requests_total", "counter", "Requests answered, by strategy and result.");
    const auto& strategies = running.strategies.all();
    for (std::size_t i = 0; i <= strategies.size(); ++i) {
        const bool named = i < strategies.size();
        const std::string_view name = named ? std::string_view(strategies[i].name) : "none";
        const auto& counters = named ? *running.by_strategy[i] : *running.without_strategy;
        for (std::size_t r = 0; r < results; ++r) {
            const auto count = counters.sum([r](const StrategyCounters& c) -> const Counter& { return c.requests[r]; });
            out.sample({{"strategy", name}, {"result", word(static_cast<Result>(r))}}, count);
        }
    }
    out.family("larder_request_duration_seconds", "histogram", "From the whole request head to the end of the answer.");
    for (std::size_t r = 0; r < results; ++r) {
        const std::string_view result = word(static_cast<Result>(r));
        std::int64_t sum = 0;
        for (std::size_t b = 0; b <= Histogram::bounds.size(); ++b) {
            sum += total(metrics, [&](const WorkerMetrics& w) -> const Counter& { return w.durations[r].buckets[b]; });
            char bound[32];
            if (b < Histogram::bounds.size()) {
                std::snprintf(bound, sizeof bound, "%g", Histogram::bounds[b]);
            } else {
                std::snprintf(bound, sizeof bound, "+Inf");
            }
            out.sample({{"result", result}, {"le", bound}}, sum, "_bucket");
        }
        const auto nanoseconds =
            total(metrics, [&](const WorkerMetrics& w) -> const Counter& { return w.durations[r].nanoseconds; });
        out.sample({{"result", result}}, static_cast<double>(nanoseconds) / 1e9, "_sum");
        out.sample({{"result", result}}, sum, "_count");
    }
}

void upstreams(Writer& out, const Running& running) {
    out.family("larder_upstream_requests_total", "counter", "Responses from origins, by status.");
    for (const auto& upstream : running.upstreams) {
        for (std::size_t status = 100; status < 1000; ++status) {
            const auto count = std::as_const(*upstream).counters().sum(
                [&](const UpstreamCounters& c) -> const Counter& { return c.statuses[status]; });
            if (count == 0) continue;
            out.sample({{"upstream", upstream->settings().name}, {"status", std::to_string(status)}}, count);
        }
    }
    out.family("larder_upstream_errors_total", "counter", "Requests to origins that failed, by kind.");
    for (const auto& upstream : running.upstreams) {
        for (std::size_t kind = 1; kind <= static_cast<std::size_t>(UpstreamError::client_gone); ++kind) {
            const auto count = std::as_const(*upstream).counters().sum(
                [&](const UpstreamCounters& c) -> const Counter& { return c.errors[kind]; });
            out.sample({{"upstream", upstream->settings().name}, {"kind", word(static_cast<UpstreamError>(kind))}},
                       count);
        }
    }
}

void layers(Writer& out, const Tiers& tiers) {
    std::vector<storage::LayerStats> stats;
    for (std::size_t tier = 0; tier < tiers.size(); ++tier) stats.push_back(tiers.stats(tier));
    const auto each = [&](auto sample) {
        for (std::size_t tier = 0; tier < tiers.size(); ++tier) {
            sample(tier, std::string_view(config::word(tiers.settings(tier).layer_name)));
        }
    };
    out.family("larder_layer_bytes", "gauge", "Bytes that a layer holds, bookkeeping included.");
    each([&](std::size_t t, std::string_view name) {
        out.sample({{"layer", name}}, static_cast<std::int64_t>(stats[t].bytes));
    });
    out.family("larder_layer_objects", "gauge", "Stored responses in a layer.");
    each([&](std::size_t t, std::string_view name) {
        out.sample({{"layer", name}}, static_cast<std::int64_t>(stats[t].objects));
    });
    out.family("larder_layer_lookups_total", "counter", "Lookups in a layer.");
    each([&](std::size_t t, std::string_view name) {
        const auto& counters = tiers.counters(t);
        out.sample({{"layer", name}, {"result", "hit"}},
                   counters.sum([](const LayerCounters& c) -> const Counter& { return c.hits; }));
        out.sample({{"layer", name}, {"result", "miss"}},
                   counters.sum([](const LayerCounters& c) -> const Counter& { return c.misses; }));
        out.sample({{"layer", name}, {"result", "error"}},
                   counters.sum([](const LayerCounters& c) -> const Counter& { return c.errors; }));
    });
    const auto stores = [&](std::size_t t, std::size_t outcome) {
        return static_cast<std::int64_t>(stats[t].stores[outcome]) +
               tiers.counters(t).sum([outcome](const LayerCounters& c) -> const Counter& { return c.stores[outcome]; });
    };
    out.family("larder_layer_errors_total", "counter",
               "Operations that a layer failed to do, and damage that it found.");
    each([&](std::size_t t, std::string_view name) {
        if (tiers.memory(t)) {
            out.sample({{"layer", name}, {"kind", "store"}},
                       stores(t, static_cast<std::size_t>(storage::Stored::failed)));
            return;
        }
        for (std::size_t e = 0; e < storage::layer_errors; ++e) {
            out.sample({{"layer", name}, {"kind", storage::word(static_cast<storage::LayerError>(e))}},
                       static_cast<std::int64_t>(stats[t].errors[e]));
        }
    });
    out.family("larder_evictions_total", "counter", "Stored responses that had to make room for others.");
    each([&](std::size_t t, std::string_view name) {
        out.sample({{"layer", name}}, static_cast<std::int64_t>(stats[t].evictions));
    });
    out.family("larder_stores_total", "counter", "Attempts to store a response, by outcome.");
    each([&](std::size_t t, std::string_view name) {
        for (std::size_t s = 0; s < storage::stored_outcomes; ++s) {
            out.sample({{"layer", name}, {"result", storage::word(static_cast<storage::Stored>(s))}}, stores(t, s));
        }
    });
    out.family("larder_layer_queue_bytes", "gauge", "What waits to be written into a layer.");
    each([&](std::size_t t, std::string_view name) {
        if (tiers.layer(t)) out.sample({{"layer", name}}, static_cast<std::int64_t>(stats[t].queue_bytes));
    });
    out.family("larder_layer_available", "gauge",
               "1: the layer takes what is to be stored; 0: it failed and is tried again later.");
    each([&](std::size_t t, std::string_view name) {
        out.sample({{"layer", name}}, static_cast<std::int64_t>(stats[t].available));
    });
}

void invalidations(Writer& out, const Metrics& metrics) {
    const auto each = [&](const auto& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            out.sample({{"type", policy::word(static_cast<policy::InvalidationType>(i))}},
                       static_cast<std::int64_t>(values[i].load(std::memory_order_relaxed)));
        }
    };
    out.family("larder_invalidations_total", "counter", "Invalidations, by type; those of unsafe methods included.");
    each(metrics.invalidations);
    out.family("larder_invalidated_keys_total", "counter", "Stored responses that invalidations found.");
    each(metrics.invalidated_keys);
}

// RssAnon and RssShmem of /proc/self/status; mapped files are the kernel's.
std::int64_t resident_bytes(std::string_view field) {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with(field)) return std::stoll(line.substr(field.size() + 1)) * 1024;
    }
    return 0;
}

}  // namespace

std::string metrics_text(const Shared& shared) {
    const Metrics& metrics = shared.metrics;
    const auto running = shared.running();
    Writer out;
    requests(out, metrics, *running);
    upstreams(out, *running);
    out.family("larder_fills_in_flight", "gauge", "Fetches under way whose response may be stored.");
    out.sample({}, total(metrics, [](const WorkerMetrics& w) -> const Counter& { return w.fills_in_flight; }));
    out.family("larder_followers_total", "counter", "Requests that waited for another one's fetch.");
    out.sample({}, total(metrics, [](const WorkerMetrics& w) -> const Counter& { return w.followers; }));
    out.family("larder_forwards_total", "counter", "Requests that went to the origin, by the reason in Cache-Status.");
    for (std::size_t i = 1; i < metrics.workers.front().forwards.size(); ++i) {
        out.sample({{"reason", policy::word(static_cast<policy::Forward>(i))}},
                   total(metrics, [&](const WorkerMetrics& w) -> const Counter& { return w.forwards[i]; }));
    }
    out.family("larder_unstored_total", "counter",
               "Responses that the caching rules kept from being stored, by reason.");
    for (std::size_t i = 1; i < metrics.workers.front().unstored.size(); ++i) {
        out.sample({{"reason", policy::word(static_cast<policy::StoreVerdict>(i))}},
                   total(metrics, [&](const WorkerMetrics& w) -> const Counter& { return w.unstored[i]; }));
    }
    layers(out, *running->tiers);
    invalidations(out, metrics);
    out.family("larder_connections", "gauge", "Open connections.");
    out.sample({{"side", "client"}},
               total(metrics, [](const WorkerMetrics& w) -> const Counter& { return w.client_connections; }));
    out.sample({{"side", "upstream"}},
               total(metrics, [](const WorkerMetrics& w) -> const Counter& { return w.upstream_connections; }));
    out.sample({{"side", "admin"}}, metrics.admin_connections.load(std::memory_order_relaxed));
    out.family("larder_limits_total", "counter", "How often a limit struck.");
    for (std::size_t i = 0; i < static_cast<std::size_t>(Limit::count); ++i) {
        out.sample({{"limit", word(static_cast<Limit>(i))}},
                   total(metrics, [&](const WorkerMetrics& w) -> const Counter& { return w.limits[i]; }));
    }
    out.sample({{"limit", std::string_view("invalidation_backlog")}},
               static_cast<std::int64_t>(shared.tickets.refused()));
    out.sample({{"limit", std::string_view("admin_connections")}},
               static_cast<std::int64_t>(metrics.admin_displaced.load(std::memory_order_relaxed)));
    out.family("larder_admin_refused_total", "counter", "Admin calls without the right token.");
    out.sample({}, static_cast<std::int64_t>(metrics.admin_refused.load(std::memory_order_relaxed)));
    out.family("larder_access_log_dropped_total", "counter",
               "Access log lines that were lost because their target was slow.");
    out.sample({}, static_cast<std::int64_t>(running->access_log->dropped()));
    out.family("larder_reloads_total", "counter", "Reloads of the configuration, by result.");
    out.sample({{"result", "adopted"}}, static_cast<std::int64_t>(metrics.reloads.load(std::memory_order_relaxed)));
    out.sample({{"result", "refused"}},
               static_cast<std::int64_t>(metrics.reloads_refused.load(std::memory_order_relaxed)));
    out.family("larder_loop_restarts_total", "counter", "Background loops that failed and began anew.");
    for (std::size_t i = 0; i < static_cast<std::size_t>(Loop::count); ++i) {
        const auto loop = static_cast<Loop>(i);
        out.sample({{"loop", word(loop)}}, static_cast<std::int64_t>(shared.loops.restarts(loop)));
    }
    out.family("larder_errand_failures_total", "counter",
               "Connections and other work by themselves that an unexpected error ended.");
    for (std::size_t i = 0; i < static_cast<std::size_t>(Errand::count); ++i) {
        const auto errand = static_cast<Errand>(i);
        out.sample({{"errand", word(errand)}}, static_cast<std::int64_t>(shared.loops.failures(errand)));
    }
    out.family("larder_memory_bytes", "gauge", "Memory, by part.");
    out.sample({{"part", "anonymous"}}, resident_bytes("RssAnon"));
    out.sample({{"part", "shared"}}, resident_bytes("RssShmem"));
    // Bodies, wherever they are: in MEMORY layers; on their way into a layer; held by readers and queues alone.
    const storage::Account& account = shared.account;
    const auto part = [&](const char* name, std::uint64_t bytes) {
        out.sample({{"part", std::string_view(name)}}, static_cast<std::int64_t>(bytes));
    };
    part("layers", account.in_layers());
    part("fills", account.reserved(storage::Account::Purpose::fill));
    part("pinned", account.pinned());
    part("content", account.reserved(storage::Account::Purpose::content));
    return out.take();
}

}  // namespace larder::proxy
