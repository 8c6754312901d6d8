// Creating a container, and running one in the foreground: what create, run and do share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/container/companions.h"
#include "cli/container/globals.h"
#include "cli/container/record.h"
#include "cli/container/shim_client.h"
#include "cli/container/store.h"
#include "cli/process/signals.h"
#include "cli/process/standin_process.h"
#include "lib/base/result.h"

namespace grpc {
class Spec;
}

namespace kata::cli {

struct CreateRequest {
  std::string id;
  std::string bundle;
  std::string pid_file;
  std::string console_socket;
  std::string console;       // a terminal's path, as kata-runtime 1.x took it
  bool detached = false;     // nobody stays to wait for it: create, run --detach
  std::string pidfd_socket;  // Unix socket that gets a descriptor of the stand-in
  bool owns_bundle = false;  // the bundle goes with the container
  bool no_new_keyring = false;
};

// A created container, its stand-in still waiting. Undone by the destructor unless keep() was called.
class NewContainer {
 public:
  static Result<NewContainer> create(const Globals& globals, const CreateRequest& request, const Signals& signals);
  NewContainer(NewContainer&& other) noexcept;
  NewContainer& operator=(NewContainer&&) = delete;
  ~NewContainer();

  ShimClient& shim() { return *shim_; }
  Standin& standin() { return *standin_; }
  const Place& place() const { return place_.place; }
  const Record& record() const { return record_; }

  Result<> start(const Signals& signals);
  // The last step: from then on others may delete it.
  Result<> go();
  // Tells an engine who the stand-in is, in the ways that it asked for.
  Result<> announce(const CreateRequest& request) const;
  // It outlives this process.
  void keep();
  // Ends it and removes every trace.
  Result<> remove();

 private:
  NewContainer(NewPlace place, Record record) : place_(std::move(place)), record_(std::move(record)) {}
  Result<> build(const Globals& globals, const CreateRequest& request, const grpc::Spec& spec, const Signals& signals);
  Result<> launch_shim(const Globals& globals);
  Result<> spawn_standin(const CreateRequest& request, const grpc::Spec& spec, Streams& streams);
  // A call that a signal can break off.
  Result<> call(const Signals& signals, const std::function<Result<>()>& what);

  NewPlace place_;
  Record record_;
  std::optional<Companion> companion_;  // the container whose machine this one joins
  ConsoleSize console_size_;
  std::unique_ptr<ShimClient> shim_;
  std::unique_ptr<Standin> standin_;
  bool undo_ = true;  // false of one that was moved from
};

// <pid_file> holds the number and nothing else. Nothing happens when the path is empty.
Result<> write_pid(const std::string& pid_file, pid_t pid);
// Sends a descriptor of the process over a Unix socket, as runc does (SCM_RIGHTS). Nothing happens when the path is
// empty.
Result<> send_pidfd(const std::string& socket, int pidfd);

// The path made absolute, without looking at it.
std::string absolute(const std::string& path);

// runc's rules for a terminal: a detached one needs a console socket, and nothing else may have one.
Result<> check_console(bool terminal, bool detached, const std::string& console_socket);

}  // namespace kata::cli
