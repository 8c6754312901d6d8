// A machine and an agent that write down what they are asked. Only for tests.
#pragma once

#include <sys/socket.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hypervisor/vm.h"
#include "lib/base/mutex.h"
#include "lib/proto/agent.ttrpc.h"
#include "lib/sys/fd.h"
#include "lib/ttrpc/server.h"
#include "runtime/agent_client/agent_client.h"

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

class FakeGuest : public grpc::AgentService {
 public:
  Result<types::Interface> update_interface(const ttrpc::Context&, const grpc::UpdateInterfaceRequest& r) override {
    MutexLock lock(mutex);
    interfaces[r.interface().name()] = r.interface();
    ++calls;
    changed.notify_all();
    return r.interface();
  }
  Result<grpc::Routes> update_routes(const ttrpc::Context&, const grpc::UpdateRoutesRequest& r) override {
    MutexLock lock(mutex);
    routes = r.routes();
    ++calls;
    changed.notify_all();
    return r.routes();
  }
  Result<google::protobuf::Empty> add_arp_neighbors(const ttrpc::Context&,
                                                    const grpc::AddARPNeighborsRequest& r) override {
    MutexLock lock(mutex);
    neighbours = r.neighbors();
    ++calls;
    return google::protobuf::Empty();
  }

  Mutex mutex;
  Condition changed;
  std::map<std::string, types::Interface> interfaces;
  grpc::Routes routes;
  grpc::ARPNeighbors neighbours;
  int calls = 0;
};

// A client of it. The guest outlives it.
struct Connection {
  explicit Connection(FakeGuest& guest) {
    auto pair = std::move(sys::socket_pair(SOCK_STREAM)).value();
    server.add(guest);
    server.serve_connection(std::move(pair.first)).value();
    auto connection = std::move(ttrpc::Client::create(std::move(pair.second))).value();
    agent = std::make_unique<AgentClient>(std::move(connection), AgentClient::Settings{});
  }
  ttrpc::Server server;
  std::unique_ptr<AgentClient> agent;
};

}  // namespace kata::network
