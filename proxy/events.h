// Events for operators: one JSON object a line on stderr. {"ts":"...","event":"server_ejected",...}
// Any thread; a line is written whole.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace larder::proxy {

class Events {
  public:
    using Value = std::variant<std::string, std::int64_t, bool>;
    using Pair = std::pair<std::string_view, Value>;

    explicit Events(std::FILE* out = stderr) : out_(out) {}
    void emit(std::string_view event, std::initializer_list<Pair> details = {});

  private:
    std::FILE* const out_;
    std::mutex mutex_;
};

}  // namespace larder::proxy
