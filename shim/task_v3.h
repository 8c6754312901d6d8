// containerd.task.v3.Task, which containerd 2 may ask for: the messages of version 2 under another name.
#pragma once

#include <string>
#include <string_view>

#include "lib/ttrpc/server.h"

namespace kata::shim {

// Forwards to the service of version 2, which outlives it.
class TaskServiceV3 : public ttrpc::Service {
 public:
  explicit TaskServiceV3(ttrpc::Service& version2) : version2_(version2) {}
  std::string_view name() const override { return "containerd.task.v3.Task"; }
  Result<std::string> dispatch(std::string_view method, const ttrpc::Context& context,
                               std::string_view payload) override {
    return version2_.dispatch(method, context, payload);
  }

 private:
  ttrpc::Service& version2_;
};

}  // namespace kata::shim
