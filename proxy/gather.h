// A few pieces of memory to be written with one call, and what is left of them after a partial write. Borrows the
// bytes.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <string_view>

namespace larder::proxy {

class Gather {
  public:
    static constexpr std::size_t capacity = 16;

    // What Asio takes as a buffer sequence; valid while the Gather is.
    struct View {
        using value_type = boost::asio::const_buffer;
        using const_iterator = const boost::asio::const_buffer*;
        const_iterator first = nullptr;
        const_iterator last = nullptr;
        const_iterator begin() const { return first; }
        const_iterator end() const { return last; }
    };

    bool full() const { return last_ == capacity; }
    std::size_t capacity_left() const { return capacity - last_; }
    bool empty() const { return left_ == 0; }
    std::size_t size() const { return left_; }

    void add(std::string_view bytes) {
        if (bytes.empty()) return;
        buffers_[last_++] = boost::asio::const_buffer(bytes.data(), bytes.size());
        left_ += bytes.size();
    }
    void consume(std::size_t written) {
        left_ -= written;
        while (written > 0) {
            boost::asio::const_buffer& front = buffers_[first_];
            const std::size_t n = written < front.size() ? written : front.size();
            front += n;
            written -= n;
            if (front.size() == 0) ++first_;
        }
        if (left_ == 0) first_ = last_ = 0;
    }
    void clear() { first_ = last_ = left_ = 0; }
    View view() const { return {buffers_.data() + first_, buffers_.data() + last_}; }

  private:
    std::array<boost::asio::const_buffer, capacity> buffers_;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
    std::size_t left_ = 0;
};

}  // namespace larder::proxy
