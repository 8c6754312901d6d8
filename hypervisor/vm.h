// A virtual machine: the small interface behind which each VMM lives in a folder of its own.
// What a VMM cannot do is data in Capabilities, never an `if` on its name in another room.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hypervisor/settings.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"

namespace kata::sys {
class EventLoop;
}

namespace kata::hypervisor {

enum class Accelerator { kKvm, kTcg };
std::string_view accelerator_name(Accelerator accelerator);  // "kvm", "tcg"

// How the agent is reached; both give byte streams through Vm::dial().
enum class Channel { kVsock, kSerial };
std::string_view channel_name(Channel channel);  // "vsock", "virtio-serial"

// A host directory that the guest can mount by its tag.
struct SharedDirectory {
  enum class Kind { k9p, kVirtioFs };
  Kind kind = Kind::k9p;
  std::string tag;
  std::string path;            // 9p: the directory
  std::string socket;          // virtio-fs: the daemon's vhost-user socket, which listens
  uint32_t queue_size = 1024;  // virtio-fs
  std::string root;            // 9p: a tmpfs that `path` is in, for a server's root file system; none when empty
};

// A network interface of the guest, on a tap of the host. The descriptors stay the caller's: they must be open until
// start() or attach() has returned. A queue of a multi-queue tap that a machine has used comes back switched off: it
// needs TUNSETQUEUE IFF_ATTACH_QUEUE before the next one can have it.
struct Nic {
  std::string id;          // unique in the machine: "net0"
  std::string mac;         // "02:00:ca:fe:00:01"; the guest finds the interface by it
  std::vector<int> taps;   // one for each queue pair (IFF_MULTI_QUEUE)
  std::vector<int> vhost;  // /dev/vhost-net, one for each tap; or none
};

// A disk of the guest: a file or block device of the host.
struct Disk {
  enum class Bus : unsigned char { kVirtioBlk, kVirtioScsi };
  // How the host does its input and output.
  enum class Aio : unsigned char { kThreads, kNative, kIoUring };  // kNative needs `direct`
  std::string id;                                                  // unique in the machine: "disk0"
  std::string path;
  Bus bus = Bus::kVirtioBlk;
  bool read_only = false;
  bool direct = false;    // O_DIRECT, past the host's page cache
  bool no_flush = false;  // the guest's flushes are not passed on
  Aio aio = Aio::kThreads;
};

// Where the guest finds a device that was plugged in, in the words of the agent's protocol.
struct GuestAddress {
  enum class Kind {
    kPci,   // a PCI path, "02/03": slot 3 behind the bridge in slot 2
    kScsi,  // "<id>:<lun>" of the one SCSI controller
  };
  Kind kind = Kind::kPci;
  std::string text;
};

// What a guest has, in whole processors and MiB.
struct MachineSize {
  uint32_t vcpus = 1;
  uint64_t memory_mib = 512;
};

struct VmConfig {
  std::string id;         // the sandbox's
  std::string directory;  // exists; for what the VMM must find by path. Its owner removes it.

  std::string path;  // the VMM's binary
  std::string kernel;
  std::string initrd;  // exactly one of initrd and image
  std::string image;
  std::string firmware;                    // empty: the VMM's fastest
  std::vector<std::string> kernel_params;  // appended to the driver's own; the last of a key wins
  std::string entropy_source = "/dev/urandom";

  uint32_t vcpus = 1;
  uint32_t max_vcpus = 1;
  uint64_t memory_mib = 512;
  bool shared_memory = false;   // for another process to map, also without a shared directory of virtio-fs
  uint64_t max_memory_mib = 0;  // 0: no hot-plug
  bool virtio_mem = false;      // memory comes in blocks of 2 MiB and goes again, instead of in modules

  Accelerator accelerator = Accelerator::kTcg;
  Channel channel = Channel::kSerial;
  std::vector<SharedDirectory> shared;
  std::vector<Nic> nics;       // there from the start
  int network_namespace = -1;  // where the VMM runs; open until start() has returned. -1: in the caller's
  bool hot_plug = false;       // whether attach() will be called
  bool free_page_reporting = true;
  std::string security_context;  // SELinux's, of the VMM's process; empty: the one that it has by itself
  bool debug = false;            // guest console not quiet, VMM's own log on

  OwnSettings own;  // what only this VMM has, of the struct that its driver makes; empty: its defaults

  // Clones. Both have `hot_plug`, and the channel clone_channel() of the driver's capabilities.
  bool savable = false;  // save() will be called
  std::string saved;     // a directory that save() has filled, from a machine of the same clone key: this one goes on
                         // from there and does not boot. `nics` and virtio-fs are plugged in before it does.
};

// Exactly one of them must be configured: the error says that none is, or both.
Result<> check_root(const std::string& initrd, const std::string& image);

// The machine that has to be saved for `config` to go on from: without what is plugged into a clone. The directories
// that are shared by 9p stay those of `config`; any others do.
VmConfig to_be_saved(VmConfig config);

struct Capabilities {
  bool pause = false;
  bool save = false;
  bool vsock = false;   // Channel::kVsock
  bool serial = false;  // Channel::kSerial
  bool shared_9p = false;
  bool shared_virtio_fs = false;
  uint32_t largest_9p_message = 0;  // bytes
  bool hot_plug_nic = false;
  bool hot_plug_disk = false;
  bool resize_vcpus = false;  // while it runs
  bool resize_memory = false;
  uint32_t most_vcpus = 0;  // that this machine can have; 0: whatever it was asked for
};

// How the agent of a machine that is saved, or that goes on from a saved one, is reached: the serial port, whose state
// is saved with the machine, where vhost-vsock's is the host kernel's. The other channel where there is no such port.
Channel clone_channel(const Capabilities& capabilities);

// All methods are thread-safe. The VMM is a direct child of this process. The thread of the event loop that start() was
// given spawns it, reads all that it says, and reaps it, and the kernel kills it when that thread ends. Because that
// thread also brings the VMM's answers, it must not call what waits for one: of all methods it may call those that ask
// for no more than what is known here (pid, exit_event, console_tail, capabilities), stop() and, once exit_event() is
// readable, cause_of_death().
class Vm {
 public:
  virtual ~Vm() = default;  // stop()

  // Spawns the VMM on the loop's thread and lets the guest run. Returns as soon as the VMM accepted its configuration;
  // the guest boots on. An error quotes the VMM's own words. The loop outlives this object. After stop(), or when it
  // comes meanwhile, kCancelled.
  virtual Result<> start(sys::EventLoop& loop) = 0;

  // A byte stream to a port that the guest listens on. Before the guest is up it waits; when the VMM
  // ends or `stop()` is called meanwhile, the error is cause_of_death().
  virtual Result<UniqueFd> dial(uint32_t port) = 0;

  virtual pid_t pid() const = 0;
  // Readable (POLLIN) once the VMM has ended. Owned by the Vm; valid after start().
  virtual int exit_event() const = 0;
  // Why it ended, the first real cause: "guest kernel panic: …", "the VMM was killed by SIGKILL: …".
  // Waits for the VMM's end; nothing to say before it.
  virtual Error cause_of_death() = 0;

  // Ends the VMM at once and reaps it. Idempotent; needs no help from the guest.
  virtual Result<> stop() = 0;

  // Whether the VMM itself is at work, which asks nothing of the guest: kDeadlineExceeded when it does not answer
  // within `limit`. One that cannot be asked is taken to be.
  virtual Result<> is_at_work(std::chrono::milliseconds limit);

  virtual Result<> pause() = 0;
  virtual Result<> resume() = 0;

  // Writes the guest as it is into the files "memory" and "state" of `directory`, which exists. It does not run on:
  // only stop() is left to do. Streams that were dialled end; the guest must serve its next host then, as the agent
  // does.
  virtual Result<> save(const std::string& directory);

  // Plugs a device into the running machine. Returns where the guest finds it. kUnimplemented (also
  // what these do by themselves) when the capability is missing, kResourceExhausted when all slots are taken.
  virtual Result<GuestAddress> attach(const Nic& nic);
  virtual Result<GuestAddress> attach(const Disk& disk);
  // Unplugs it and waits until the guest let it go. One that is not there is fine.
  virtual Result<> detach(const std::string& id);
  // Asks for another size, within VmConfig's maxima; returns what the machine has now. It may be more (the guest did
  // not give all of it back) or less (the guest has not taken it yet: the agent's OnlineCPUMem loads the driver and
  // sets online; asked again, this waits for it). Sizes that cannot be changed stay.
  virtual Result<MachineSize> resize(MachineSize wanted);

  // The threads of this host that run the guest's processors.
  virtual Result<std::vector<pid_t>> vcpu_threads();

  // The last lines that the guest's console printed, oldest first.
  virtual std::vector<std::string> console_tail() const = 0;
  virtual Capabilities capabilities() const = 0;
};

}  // namespace kata::hypervisor
