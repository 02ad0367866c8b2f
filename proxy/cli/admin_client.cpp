#include "proxy/cli/admin_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "config/address.h"
#include "policy/fields.h"
#include "proxy/admin/message.h"
#include "proxy/h1/response_head.h"
#include "proxy/task.h"

namespace larder::proxy::cli {
namespace json = boost::json;

namespace {

constexpr std::size_t longest_head = 64 * config::KiB;
constexpr std::chrono::seconds answer_time{60};  // a reload may look names up, and a purge wait for a slow disk

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string token(const AdminTarget& target) {
    if (target.token_file.empty()) {
        if (auto value = environment("LARDER_TOKEN"); !value.empty()) return value;
    }
    std::string path = target.token_file;
    if (path.empty()) {
        const config::Config defaults;
        path = defaults.data_dir;
        path += "/admin.token";
    }
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line) || line.empty()) {
        throw Failure(
            1, "no admin token: cannot read " + path + "; set LARDER_TOKEN, or give --token-file DATA_DIR/admin.token");
    }
    return std::string(policy::trimmed(line));
}

// Of a request that no cache on the way is to keep, should the address be another server's.
std::string head_of(const std::string& method, const std::string& path, const std::string& address,
                    const std::string& fields = {}) {
    return method + " " + path + " HTTP/1.1\r\nHost: " + address +
           "\r\nCache-Control: no-store\r\nConnection: close\r\n" + fields + "\r\n";
}

struct Conversation {
    enum class Stage { connecting, asked, over };
    Stage stage = Stage::connecting;
    error_code error;
    bool ours = false;
    AdminAnswer answer;
};

// One request on a connection of its own. The body ends where its length says, whatever the server does then.
Task<void> converse(asio::io_context& context, const config::HostPort& where, const std::string& request,
                    Conversation& conversation) {
    using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
    Resolver resolver(context.get_executor());
    Socket socket(context.get_executor());
    const auto [unknown, endpoints] = co_await resolver.async_resolve(where.host, std::to_string(where.port), no_throw);
    conversation.error = unknown;
    if (unknown) co_return;
    const auto [refused, endpoint] = co_await asio::async_connect(socket, endpoints, no_throw);
    conversation.error = refused;
    if (refused) co_return;
    conversation.stage = Conversation::Stage::asked;
    // One that answers before it has read all of it closes: the answer counts.
    co_await asio::async_write(socket, asio::buffer(request), no_throw);
    std::string bytes;
    const auto [cut, size] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(bytes, longest_head), "\r\n\r\n", no_throw);
    h1::ResponseHead head;
    h1::HeadLimits limits;
    limits.bytes = longest_head;
    if (cut || h1::parse_response_head(std::string_view(bytes).substr(0, size), limits, false, head)) co_return;
    conversation.stage = Conversation::Stage::over;
    conversation.ours = head.fields.has(admin::marker) && head.framing == h1::BodyFraming::length;
    if (!conversation.ours) co_return;
    conversation.answer.status = head.status;
    const std::uint64_t length = head.content_length;
    std::string body = bytes.substr(size);
    if (body.size() < length) {
        co_await asio::async_read(socket, asio::dynamic_buffer(body, length),
                                  asio::transfer_exactly(length - body.size()), no_throw);
    }
    if (body.size() < length) conversation.stage = Conversation::Stage::asked;
    conversation.answer.body = std::move(body);
}

// Throws Failure when no admin listener answers.
AdminAnswer ask(const config::HostPort& where, const std::string& address, const std::string& request) {
    const std::string name = "; name the admin listener with --admin or LARDER_ADMIN";
    Conversation conversation;
    bool ended = false;
    {
        asio::io_context context;
        asio::co_spawn(context, converse(context, where, request, conversation), [&](const std::exception_ptr& thrown) {
            ended = true;
            if (thrown) std::rethrow_exception(thrown);
        });
        context.run_for(answer_time);
    }
    const std::string within = " within " + std::to_string(answer_time.count()) + " s";
    switch (conversation.stage) {
        case Conversation::Stage::connecting: {
            const std::string why = conversation.error ? conversation.error.message() : "no connection" + within;
            throw Failure(1, "cannot reach the admin listener at " + address + ": " + why +
                                 "; is larder running? Name it with --admin or LARDER_ADMIN");
        }
        case Conversation::Stage::asked:
            throw Failure(1, "no proper answer from " + address + (ended ? "" : within) + name);
        case Conversation::Stage::over:
            break;
    }
    if (!conversation.ours) {
        throw Failure(1,
                      "what answers at " + address + " is not the admin listener of a Larder of this version" + name);
    }
    return std::move(conversation.answer);
}

}  // namespace

int run_verb(const char* verb, const std::function<void()>& work) {
    try {
        work();
        return 0;
    } catch (const Failure& failure) {
        std::cerr << "larder " << verb << ": " << failure.what() << '\n';
        return failure.exit_code();
    } catch (const std::exception& error) {
        std::cerr << "larder " << verb << ": " << error.what() << '\n';
        return 1;
    }
}

AdminAnswer call(const AdminTarget& target, const std::string& method, const std::string& path,
                 const std::string& json_body, bool needs_token) {
    std::string address = target.address;
    if (address.empty()) address = environment("LARDER_ADMIN");
    if (address.empty()) address = config::Admin{}.address;
    if (address.starts_with("http://")) address.erase(0, 7);
    if (address.starts_with(':')) address.insert(0, "127.0.0.1");
    const auto parsed = config::parse_address(address);
    if (!parsed) throw Failure(2, "admin address " + address + ": expected HOST:PORT");
    if (!needs_token) return ask(*parsed, address, head_of(method, path, address));
    const std::string authorization = "Authorization: Bearer " + token(target) + "\r\n";
    // The token goes to an admin listener alone.
    ask(*parsed, address, head_of("GET", "/healthz", address));
    const std::string framing =
        json_body.empty() && method == "GET"
            ? std::string()
            : "Content-Type: application/json\r\nContent-Length: " + std::to_string(json_body.size()) + "\r\n";
    return ask(*parsed, address, head_of(method, path, address, authorization + framing) + json_body);
}

const std::string& succeeded(const AdminAnswer& answer) {
    if (answer.status == 200) return answer.body;
    json::error_code error;
    const json::value parsed = json::parse(answer.body, error);
    const auto* problem = error ? nullptr : parsed.if_object();
    const auto* detail = problem ? problem->if_contains("detail") : nullptr;
    std::string message = std::to_string(answer.status) + ' ';
    message += detail && detail->is_string() ? std::string(detail->get_string()) : answer.body;
    if (answer.status == 401) message += " Give it with LARDER_TOKEN or --token-file.";
    throw Failure(answer.status == 422 || answer.status == 400 ? 2 : 1, message);
}

json::object object_in(const std::string& body) {
    json::error_code error;
    json::value parsed = json::parse(body, error);
    if (error || !parsed.is_object()) throw Failure(1, "the admin listener's answer is not what it should be: " + body);
    return std::move(parsed.get_object());
}

}  // namespace larder::proxy::cli
