#include "proxy/request_log.h"

#include <cstdio>

#include "proxy/json.h"
#include "proxy/shared.h"
#include "proxy/timestamp.h"

namespace larder::proxy {

void log_request(Shared& shared, const Exchange& exchange, std::chrono::nanoseconds took) {
    std::string line;
    line.reserve(512);
    line += "{\"ts\":\"";
    append_timestamp(line, shared.clock.unix_milliseconds(exchange.started));
    line += "\",\"client\":";
    append_json_string(line, exchange.client.to_string());
    line += ",\"method\":";
    append_json_string(line, exchange.method, 64);
    line += ",\"url\":";
    std::string url;
    if (!exchange.authority.empty()) url = std::string(exchange.scheme()) + "://" + exchange.authority;
    url += exchange.target.text;
    append_json_string(line, url);
    line += ",\"status\":" + std::to_string(exchange.status);
    line += ",\"bytes\":" + std::to_string(exchange.bytes);
    char milliseconds[32];
    std::snprintf(milliseconds, sizeof milliseconds, "%.3f", static_cast<double>(took.count()) / 1e6);
    line += ",\"ms\":";
    line += milliseconds;
    std::string member;
    policy::append(member, exchange.cache);
    line += ",\"cache\":";
    append_json_string(line, member);
    line += ",\"strategy\":";
    append_json_string(line, exchange.strategy ? std::string_view(exchange.strategy->name) : std::string_view());
    line += ",\"upstream\":";
    append_json_string(line, exchange.upstream_name);
    line += "}\n";
    exchange.running->access_log->write(line);
}

}  // namespace larder::proxy
