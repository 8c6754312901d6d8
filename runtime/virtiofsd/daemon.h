// A running virtio-fs daemon. It is a child that the kernel kills with this process, and it lives in our mount
// namespace, so that it sees what is shared later.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hypervisor/process/console.h"
#include "hypervisor/process/supervisor.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/event_loop.h"
#include "runtime/virtiofsd/program.h"

namespace kata::virtiofsd {

struct Settings {
  std::string path;       // the program
  std::string socket;     // made here; its owner removes it
  std::string directory;  // what it serves
  std::string cache;
  std::vector<std::string> more;
  std::string preload;           // a library of ours (preload/); empty: none
  std::string security_context;  // SELinux's, of its process; empty: the one that it has by itself
};

// Thread-safe.
class Daemon {
 public:
  // The VMM may connect as soon as this returns: the socket listens already. A daemon that does not like its
  // arguments ends a moment later, which is for the owner to notice.
  static Result<std::unique_ptr<Daemon>> start(const Settings& settings);
  ~Daemon() { stop(); }

  pid_t pid() const { return supervisor_->pid(); }
  // How many descriptors it may have: each file that the guest knows may take one.
  Result<uint64_t> descriptors() const;
  // A descriptor of its own that becomes readable when the daemon has ended.
  Result<UniqueFd> exit_event() const;
  // Whether it ended with an error, and not because its VMM went. Waits for the end.
  bool failed();
  // Why it ended, in its last words. Waits for the end.
  Error cause_of_death();
  // Ends it and reaps it. Idempotent.
  void stop();

 private:
  Daemon(std::string path, std::unique_ptr<sys::EventLoop> loop) : path_(std::move(path)), loop_(std::move(loop)) {}

  const std::string path_;
  std::unique_ptr<sys::EventLoop> loop_;
  UniqueFd messages_;
  hypervisor::Console last_words_;
  std::unique_ptr<hypervisor::Supervisor> supervisor_;  // uses the members above
};

}  // namespace kata::virtiofsd
