// SPDX-License-Identifier: Apache-2.0
// From frames to handlers: reads the header, finds the row.
#pragma once

#include "server/broker.h"
#include "server/connection.h"

namespace milena {

/// Used by all cores at once.
class Dispatcher final : public RequestService {
  public:
    /// Before the first request. `broker` outlives the last one.
    void set_broker(Broker& broker) { broker_ = &broker; }
    void serve(std::shared_ptr<FrameRequest> request) override;

  private:
    Broker* broker_ = nullptr;
};

}  // namespace milena
