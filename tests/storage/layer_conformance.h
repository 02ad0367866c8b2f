// What storage/layer.h promises, as tests that every layer passes. A layer that is to pass them has a LayerUnderTest,
// and one line in a test file: INSTANTIATE_TEST_SUITE_P(Name, LayerConformance, testing::Values(make)).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {

class LayerUnderTest {
  public:
    virtual ~LayerUnderTest() = default;
    // Open, empty, with a queue of some megabytes.
    virtual Layer& layer() = 0;
    // The technology hangs in whatever changes it, or in whatever reads, until resume().
    virtual void hang_writes() = 0;
    virtual void hang_reads() = 0;
    virtual void resume() = 0;
    // From now on the call of the technology fails that comes as the n-th, and `times` - 1 behind it; 0: none. Tells
    // whether it has come to that since the last call of this.
    virtual bool fail(unsigned nth, unsigned times) = 0;
    // Destroys the layer; what hangs goes on.
    virtual void stop() = 0;
};

// What an operation was answered, however often.
template <class T>
class Reply {
  public:
    void operator()(T value) const {
        if (state_->times.fetch_add(1) == 0) state_->first.set_value(std::move(value));
    }
    T get() const { return state_->future.get(); }
    bool yet() const { return state_->times > 0; }
    unsigned times() const { return state_->times; }

  private:
    struct State {
        std::promise<T> first;
        std::shared_future<T> future = first.get_future().share();
        std::atomic<unsigned> times{0};
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

class LayerConformance : public testing::TestWithParam<std::function<std::unique_ptr<LayerUnderTest>()>> {
  protected:
    struct Given {
        Stored at_once;
        Reply<Stored> done;
    };
    Given insert(const std::string& url, const Make& wanted = {}, PermitPtr permit = nullptr);
    Stored put(const std::string& url, const Make& wanted = {}) { return insert(url, wanted).done.get(); }
    Given refresh(const std::string& url, const ObjectPtr& old_one, const Make& next, PermitPtr permit = nullptr);
    Reply<Layer::Found> find(const std::string& url);
    // The content; "-": none, "failed": the layer failed.
    static std::string content(const Layer::Found&);
    std::string get(const std::string& url) { return content(find(url).get()); }
    Reply<Layer::Applied> erase(Pick pick, Erasure erasure = Erasure::hard);
    // Until it serves again what is put there.
    void recover();

    const std::unique_ptr<LayerUnderTest> under_test = GetParam()();
    Layer& layer = under_test->layer();
    std::uint64_t ticket = 1'000'000;  // of what comes next
};

}  // namespace larder::storage
