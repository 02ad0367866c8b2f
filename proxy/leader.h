// The request that leads a fill: asks the origin, decides what becomes of the answer, and answers its own client. Only
// for fill_and_answer() (proxy/filling.h). Belongs to one coroutine.
#pragma once

#include <memory>

#include "policy/reuse.h"
#include "policy/storable.h"
#include "proxy/fetch.h"
#include "proxy/filling.h"
#include "proxy/hit.h"
#include "proxy/storing.h"
#include "proxy/tiers.h"
#include "proxy/worker.h"

namespace larder::proxy {

class Leader {
  public:
    Leader(Worker& worker, Exchange& exchange, Downstream* client, Filling filling)
        : worker_(worker),
          shared_(worker.shared()),
          exchange_(exchange),
          client_(client),
          filling_(std::move(filling)) {
        if (!exchange_.range) return;
        for (const policy::Field& field : *exchange_.fields) {
            if (!policy::same_name(field.name, "range")) unranged_.add(field.name, field.value);
        }
    }

    // Whatever happened, an exception too: nobody may go on waiting for a head from here.
    ~Leader() {
        if (filling_.fill->progress().state != Fill::State::awaiting_head) return;
        filling_.unlist(shared_.fills);
        filling_.fill->unshare();
    }
    Leader(const Leader&) = delete;
    Leader& operator=(const Leader&) = delete;

    Task<void> run();

  private:
    Task<void> stored_meanwhile(const Hit& hit);
    Task<void> failed();
    Task<void> not_modified();
    Task<void> fetch_whole();
    Task<void> serve_stale(policy::Forward forward, int forward_status);
    Task<void> begin_storing();
    Task<void> begin_storing_part();
    Task<void> complete_part();
    Task<void> store(Storing::What what, std::optional<std::uint64_t> length);
    Task<void> unstored(policy::StoreVerdict verdict);
    bool fits_layers(std::uint64_t length) const;
    bool names_another() const;
    bool displaces_usable(const storage::Object& object) const;
    bool ends_validated(policy::StoreVerdict verdict) const;
    bool storable_for_all() const;
    void discard_response();
    void remember(const storage::Object& object);
    bool may_serve_stale() const {
        return filling_.stale &&
               policy::may_serve_on_error(*filling_.stale, exchange_.directives,
                                          rules().configuration.request_directives, shared_.clock.unix_time());
    }
    const policy::Rules& rules() const { return exchange_.strategy->rules; }
    policy::Response response() const;
    // A 206 as if it were the whole: the rules for storing ask whether that could be (RFC 9111 section 3.3).
    policy::Response as_whole() const {
        policy::Response whole = fetched_.response();
        whole.status = 200;
        return whole;
    }
    // As the origin saw it: a GET, without the client's Range.
    policy::Request request() const {
        return {exchange_.stored_method(), exchange_.range ? unranged_ : *exchange_.fields, false,
                exchange_.by_content};
    }
    std::shared_ptr<storage::Object> new_object() const;

    Worker& worker_;
    Shared& shared_;
    Exchange& exchange_;
    Downstream* const client_;
    Filling filling_;
    Tiers::Hold ticket_;
    Fetched fetched_;
    policy::Fields unranged_;  // with exchange_.range
    bool validating_ = false;
};

}  // namespace larder::proxy
