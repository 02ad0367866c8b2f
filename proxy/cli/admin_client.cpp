#include "proxy/cli/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "config/address.h"
#include "policy/fields.h"
#include "proxy/h1/response_head.h"
#include "proxy/task.h"

namespace larder::proxy::cli {
namespace json = boost::json;

namespace {

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
    const std::string authorization = needs_token ? "Authorization: Bearer " + token(target) + "\r\n" : std::string();

    asio::io_context context;
    asio::ip::tcp::resolver resolver(context);
    asio::ip::tcp::socket socket(context);
    error_code error;
    const auto endpoints = resolver.resolve(parsed->host, std::to_string(parsed->port), error);
    if (!error) asio::connect(socket, endpoints, error);
    if (error) {
        throw Failure(1, "cannot reach the admin listener at " + address + ": " + error.message() +
                             "; is larder running? Name it with --admin or LARDER_ADMIN");
    }
    const std::string framing =
        json_body.empty() && method == "GET"
            ? std::string()
            : "Content-Type: application/json\r\nContent-Length: " + std::to_string(json_body.size()) + "\r\n";
    const std::string request =
        method + " " + path + " HTTP/1.1\r\nHost: " + address + "\r\n" + authorization + framing + "\r\n" + json_body;
    asio::write(socket, asio::buffer(request), error);
    std::string answer;
    if (!error) asio::read(socket, asio::dynamic_buffer(answer), error);
    const std::size_t end = answer.find("\r\n\r\n");
    h1::ResponseHead head;
    h1::HeadLimits limits;
    limits.bytes = answer.size();
    if (error != asio::error::eof || end == std::string::npos ||
        h1::parse_response_head(std::string_view(answer).substr(0, end + 4), limits, false, head)) {
        throw Failure(1, "no proper answer from the admin listener at " + address);
    }
    return {head.status, answer.substr(end + 4)};
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
