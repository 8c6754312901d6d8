// Creating a container, and running one in the foreground: what create, run and do share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/container/globals.h"
#include "cli/container/record.h"
#include "cli/container/shim_client.h"
#include "cli/container/store.h"
#include "cli/process/signals.h"
#include "cli/process/standin_process.h"
#include "lib/base/result.h"

namespace kata::cli {

struct CreateRequest {
  std::string id;
  std::string bundle;
  std::string pid_file;
  std::string console_socket;
  std::string console;       // a terminal's path, as kata-runtime 1.x took it
  bool detached = false;     // nobody stays to wait for it: create, run --detach
  bool owns_bundle = false;  // the bundle goes with the container
};

// A created container, its stand-in still waiting. Undone by the destructor unless keep() was called.
class NewContainer {
 public:
  static Result<NewContainer> create(const Globals& globals, const CreateRequest& request, const Signals& signals);
  NewContainer(NewContainer&&) = default;
  NewContainer& operator=(NewContainer&&) = delete;
  ~NewContainer();

  ShimClient& shim() { return *shim_; }
  Standin& standin() { return *standin_; }
  const Place& place() const { return place_.place; }
  const Record& record() const { return record_; }

  Result<> start(const Signals& signals);
  Result<> go() { return standin_->go(); }
  Result<> write_pid_file(const std::string& path) const;
  // It outlives this process.
  void keep();
  // Ends it and removes every trace.
  Result<> remove();

 private:
  NewContainer(NewPlace place, Record record) : place_(std::move(place)), record_(std::move(record)) {}
  Result<> build(const Globals& globals, const CreateRequest& request, const Signals& signals);
  Result<> launch_shim(const Globals& globals);
  Result<> spawn_standin(const CreateRequest& request, Streams& streams);
  // A call that a signal can break off.
  Result<> call(const Signals& signals, const std::function<Result<>()>& what);

  NewPlace place_;
  Record record_;
  ConsoleSize console_size_;
  std::unique_ptr<ShimClient> shim_;
  std::unique_ptr<Standin> standin_;
  bool undo_ = true;
};

// <pid_file> holds the number and nothing else. Nothing happens when the path is empty.
Result<> write_pid(const std::string& pid_file, pid_t pid);

// The path made absolute, without looking at it.
std::string absolute(const std::string& path);

// runc's rules for a terminal: a detached one needs a console socket, and nothing else may have one.
Result<> check_console(bool terminal, bool detached, const std::string& console_socket);

}  // namespace kata::cli
