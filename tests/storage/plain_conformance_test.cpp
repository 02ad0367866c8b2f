// The shortest layer keeps what every layer promises, so the tests ask for no more than that.
#include "tests/storage/layer_conformance.h"
#include "tests/storage/plain_layer.h"

namespace larder::storage {
namespace {

class PlainUnderTest final : public LayerUnderTest {
  public:
    Layer& layer() override { return *layer_; }
    void hang_writes() override { layer_->hang(writes_hang_ = true, reads_hang_); }
    void hang_reads() override { layer_->hang(writes_hang_, reads_hang_ = true); }
    void resume() override { layer_->hang(writes_hang_ = false, reads_hang_ = false); }
    bool fail(unsigned nth, unsigned times) override { return layer_->fail(nth, times); }
    void stop() override { layer_.reset(); }

  private:
    std::unique_ptr<PlainLayer> layer_ = std::make_unique<PlainLayer>();
    bool writes_hang_ = false, reads_hang_ = false;
};

INSTANTIATE_TEST_SUITE_P(Plain, LayerConformance, testing::Values([]() -> std::unique_ptr<LayerUnderTest> {
                             return std::make_unique<PlainUnderTest>();
                         }));

}  // namespace
}  // namespace larder::storage
