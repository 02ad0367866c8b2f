// A client in memory.
#pragma once

#include <string>
#include <string_view>

#include "proxy/exchange.h"

namespace larder::proxy {

// A client that takes everything, or hangs up.
class Client final : public Downstream {
  public:
    explicit Client(int calls_until_gone = 1000) : calls_(calls_until_gone) {}

    Task<bool> begin(const Head& given, const std::string_view* pieces, std::size_t count, bool last) override {
        ++begun;
        head = given;
        fields = given.fields;
        return take(pieces, count, last);
    }
    Task<bool> send(const std::string_view* pieces, std::size_t count, bool last) override {
        return take(pieces, count, last);
    }
    void set_trailers(std::string_view) override {}
    void cut() override { was_cut = true; }
    Task<bool> interim(int, std::string_view) override { co_return true; }
    Task<BodyPiece> next_body_piece() override { co_return BodyPiece(); }
    void interrupt_body() override {}
    bool body_taken() const override { return false; }
    Socket* raw_socket() override { return nullptr; }
    std::string_view raw_leftover() override { return {}; }

    void pins(const Pin& pin) override { pinned = pin; }

    Head head;
    std::string fields, body;
    Pin pinned;
    int begun = 0, sent = 0;
    bool was_cut = false;

  private:
    Task<bool> take(const std::string_view* pieces, std::size_t count, bool) {
        for (std::size_t i = 0; i < count; ++i) body += pieces[i];
        co_return ++sent < calls_;
    }
    int calls_;
};

}  // namespace larder::proxy
