#include "proxy/reload.h"

#include <gtest/gtest.h>

#include "proxy/worker.h"
#include "tests/proxy/running.h"
#include "tests/proxy/scratch.h"

namespace larder::proxy {
namespace {

// A process without workers: what the control thread does.
class ReloadTest : public testing::Test {
  protected:
    ReloadTest() {
        scratch.write("larder.yaml", "data_dir: " + scratch.path() +
                                         "\nmemory: 64MiB\naccess_log: 'off'\nadmin: {address: 'off'}\n"
                                         "listeners: [{address: '127.0.0.1:0'}]\n"
                                         "upstreams: [{name: a, servers: ['http://127.0.0.1:1']}]\n"
                                         "layers: [{layer_name: L1_APPLICATION, max_size_bytes: 8MiB}]\n");
        source.file = scratch / "larder.yaml";
        auto loaded = source.load();
        shared = std::make_unique<Shared>(std::get<config::Config>(std::move(loaded)), 1, 1u);
        Inherited none;
        listening.open("127.0.0.1:0", Sharing::between_workers, none);
    }
    Scratch scratch;
    Source source;
    std::unique_ptr<Shared> shared;
    Listening listening{1};
    asio::io_context context;
};

TEST_F(ReloadTest, OneThatThrowsDoesNotHoldUpTheNext) {
    int adopted = 0;
    Reload reload(context.get_executor(), *shared, listening, source,
                  [&adopted](const Running&, std::optional<ListeningSocket>) {
                      if (++adopted == 1) throw std::runtime_error("no memory");
                  });
    bool thrown = false;
    asio::co_spawn(context, reload.run(), [&](std::exception_ptr exception, std::vector<config::Complaint>) {
        thrown = exception != nullptr;
    });
    context.run();
    EXPECT_TRUE(thrown);
    const auto second = start(context, reload.run());
    context.restart();
    context.run_for(std::chrono::seconds(10));
    ASSERT_TRUE(second->has_value());
    EXPECT_TRUE((*second)->empty());
    EXPECT_EQ(adopted, 2);
}

}  // namespace
}  // namespace larder::proxy
