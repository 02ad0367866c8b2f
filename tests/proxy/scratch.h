// A directory of a test's own, empty, and gone with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace larder::proxy {

class Scratch {
  public:
    Scratch() : path_(testing::TempDir() + "larder-XXXXXX") { EXPECT_TRUE(::mkdtemp(path_.data())) << path_; }
    ~Scratch() { std::filesystem::remove_all(path_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    // "-": there is no such file.
    std::string content(const std::string& name) const {
        std::ifstream file(*this / name);
        if (!file) return "-";
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(*this / name) << text; }
    void rename(const std::string& from, const std::string& to) const {
        std::filesystem::rename(*this / from, *this / to);
    }

  private:
    std::string path_;
};

// What the call says when it throws; empty: it does not.
template <class Call>
std::string complaint_of(Call call) {
    try {
        call();
    } catch (const std::exception& thrown) {
        return thrown.what();
    }
    return {};
}

}  // namespace larder::proxy
