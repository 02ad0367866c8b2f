// What the tests of configurations share: text in, Config or complaints out.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "config/load.h"

namespace larder::config {

// The text, and behind it a listener and an upstream if it has none.
inline std::string completed(const std::string& text) {
    const auto has = [&text](const std::string& key) { return ("\n" + text).find("\n" + key) != std::string::npos; };
    std::string whole = text;
    if (!whole.empty() && whole.back() != '\n') whole += '\n';
    if (!has("listeners:")) whole += "listeners: [{address: '127.0.0.1:8080'}]\n";
    if (!has("upstreams:")) whole += "upstreams: [{name: api, servers: ['http://origin:3000']}]\n";
    return whole;
}

inline std::string listed(const Loaded& loaded) {
    std::string text;
    if (const auto* complaints = std::get_if<std::vector<Complaint>>(&loaded)) {
        for (const Complaint& complaint : *complaints) text += to_string(complaint) + "\n";
    }
    return text;
}

inline Config good(const std::string& text, const Flags& flags = {}) {
    Loaded loaded = load(completed(text), "larder.yaml", flags);
    EXPECT_TRUE(std::holds_alternative<Config>(loaded)) << listed(loaded);
    return std::holds_alternative<Config>(loaded) ? std::get<Config>(std::move(loaded)) : Config{};
}

inline std::vector<Complaint> bad(const Loaded& loaded) {
    const auto* complaints = std::get_if<std::vector<Complaint>>(&loaded);
    EXPECT_TRUE(complaints) << "was accepted";
    return complaints ? *complaints : std::vector<Complaint>{};
}

}  // namespace larder::config
