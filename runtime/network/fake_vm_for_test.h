// A machine that writes down which network cards it is given. Only for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/sys/fd.h"

namespace kata::network {

class FakeVm : public hypervisor::Vm {
 public:
  Result<> start(sys::EventLoop&) override { return {}; }
  Result<UniqueFd> dial(uint32_t) override { return Error::make(Code::kUnimplemented, "dial"); }
  pid_t pid() const override { return 0; }
  int exit_event() const override { return -1; }
  Error cause_of_death() override { return Error::make(Code::kUnknown, "none"); }
  Result<> stop() override { return {}; }
  Result<> pause() override { return {}; }
  Result<> resume() override { return {}; }
  Result<hypervisor::GuestAddress> attach(const hypervisor::Nic& nic) override {
    if (refuse) return Error::make(Code::kResourceExhausted, "no slot is free");
    MutexLock lock(mutex);
    nics[nic.id] = nic;
    for (int fd : nic.taps) held.push_back(sys::duplicate(fd).value());
    return hypervisor::GuestAddress{hypervisor::GuestAddress::Kind::kPci, "1e/02"};
  }
  Result<hypervisor::GuestAddress> attach(const hypervisor::Disk&) override {
    return Error::make(Code::kUnimplemented, "disk");
  }
  Result<> detach(const std::string& id) override {
    MutexLock lock(mutex);
    nics.erase(id);
    return {};
  }
  std::vector<std::string> console_tail() const override { return {}; }
  hypervisor::Capabilities capabilities() const override { return {}; }

  Mutex mutex;
  bool refuse = false;
  std::map<std::string, hypervisor::Nic> nics;
  std::vector<UniqueFd> held;
};

}  // namespace kata::network
