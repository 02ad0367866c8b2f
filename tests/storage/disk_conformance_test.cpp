// The layer on disk keeps what every layer promises.
#include "tests/storage/disk_fixture.h"
#include "tests/storage/faulty_disk.h"
#include "tests/storage/layer_conformance.h"

namespace larder::storage {
namespace {

class DiskUnderTest final : public LayerUnderTest {
  public:
    DiskUnderTest() {
        cache_.options.max_bytes = 64 * config::MiB;
        cache_.options.queue_bytes = 4 * config::MiB;
        cache_.open();
        cache_.put(hanging_url);
        cache_.settle();
    }
    ~DiskUnderTest() override {
        faulty_disk::fail(0, 0);
        stop();
    }
    Layer& layer() override { return *cache_.layer; }
    void hang_writes() override {
        faulty_disk::hang();
        // The writing thread meets it at once.
        const Key key(hanging_url);
        cache_.layer->insert(OwnedKey(key.view), make({.ticket = ++ticket_}), 8, std::make_shared<OpenPermit>(),
                             [](Stored) {});
    }
    // Reads are the kernel's, of a map: what hangs is a thread that is asked which variant it is to be.
    void hang_reads() override {
        const Key key(hanging_url);
        const std::shared_future<void> open = open_.get_future().share();
        std::vector<std::future<void>> hang;
        for (unsigned i = 0; i < cache_.options.readers; ++i) {
            const auto hangs = std::make_shared<std::promise<void>>();
            hang.push_back(hangs->get_future());
            cache_.layer->find(
                OwnedKey(key.view),
                [open, hangs](const VariantSet& set) {
                    hangs->set_value();
                    open.wait();
                    return set.variants.front().get();
                },
                [](const Layer::Found&) {});
        }
        for (auto& one : hang) one.wait();
        reads_hang_ = true;
    }
    void resume() override {
        faulty_disk::resume();
        if (std::exchange(reads_hang_, false)) std::exchange(open_, {}).set_value();
    }
    bool fail(unsigned nth, unsigned times) override { return faulty_disk::fail(nth, times); }
    void stop() override {
        resume();
        cache_.close();
    }

  private:
    static constexpr const char* hanging_url = "http://hangs/";
    TemporaryDirectory directory_;
    DiskCache cache_{directory_ / "objects"};
    std::uint64_t ticket_ = 1;
    bool reads_hang_ = false;
    std::promise<void> open_;
};

INSTANTIATE_TEST_SUITE_P(Disk, LayerConformance, testing::Values([]() -> std::unique_ptr<LayerUnderTest> {
                             return std::make_unique<DiskUnderTest>();
                         }));

}  // namespace
}  // namespace larder::storage
