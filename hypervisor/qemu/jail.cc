#include "hypervisor/qemu/jail.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "hypervisor/qemu/arguments.h"
#include "hypervisor/qemu/jail_identity.h"
#include "hypervisor/qemu/jail_label.h"
#include "hypervisor/qemu/machine_shape.h"
#include "hypervisor/qemu/settings.h"
#include "hypervisor/qemu/system_calls.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/label.h"
#include "lib/sys/root_path.h"

namespace kata::hypervisor {

namespace {

using Kind = SharedDirectory::Kind;
using Piece = sys::Jail::Piece;

constexpr uint64_t bit(unsigned capability) { return uint64_t{1} << capability; }

// Far more than a machine needs: some dozens of descriptors and a thread for each processor, and for requests of disks.
constexpr uint64_t kMostDescriptors = 16384;
constexpr uint64_t kMostThreads = 4096;

// "/usr" of /usr/bin/qemu-system-x86_64: beside its directory are its libraries and its firmware.
std::string prefix_of(const std::string& program) { return sys::parent_of(sys::parent_of(program)); }

void add_program(std::vector<Piece>& out, const std::string& path) {
  out.push_back({.path = path});
  for (const auto* directory : {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"}) {
    out.push_back({.path = directory});
  }
  auto prefix = prefix_of(path);
  for (const auto* directory : {"/lib", "/lib64", "/share"}) {
    auto piece = concat(prefix == "/" ? "" : prefix, directory);
    bool known = std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.path == piece; });
    if (!known) out.push_back({.path = piece});
  }
}

void add_devices(std::vector<Piece>& out, const VmConfig& config) {
  out.push_back({.path = "/dev/null", .writable = true, .devices = true});
  if (!config.entropy_source.empty()) out.push_back({.path = config.entropy_source, .devices = true});
  // QEMU asks whether memory that nobody has touched costs nothing.
  out.push_back({.path = "/proc/sys/vm/overcommit_memory"});
  if (config.accelerator == Accelerator::kKvm) out.push_back({.path = "/dev/kvm", .writable = true, .devices = true});
}

// What a program in another language runs with, nobody knows.
Result<bool> is_script(const std::string& path) {
  auto file = TRY(sys::open(path, O_RDONLY));
  char begin[2] = {};
  return TRY(sys::read_some(file.get(), begin, sizeof begin)) == 2 && begin[0] == '#' && begin[1] == '!';
}

// Where QEMU looks for its modules and its firmware is beside the file that a link names.
std::string program_of(const VmConfig& config) { return sys::real_path(config.path).value_or(config.path); }

void warn(std::string_view risk, std::string_view why) {
  log::warning("qemu", std::string(risk), {{"why", std::string(why)}});
}

}  // namespace

sys::Jail qemu_jail(const VmConfig& config, bool memory) {
  sys::Jail out;
  auto& pieces = out.pieces;
  add_program(pieces, program_of(config));
  add_devices(pieces, config);
  for (const auto* file : {&config.kernel, &config.initrd, &config.image, &config.firmware}) {
    if (!file->empty()) pieces.push_back({.path = *file});
  }
  for (const auto& shared : config.shared) {
    if (shared.kind == Kind::kVirtioFs) pieces.push_back({.path = shared.socket});
  }
  if (auto file = log_file(config); !file.empty()) pieces.push_back({.path = file, .writable = true});
  out.processes = memory || serves_files(config);  // its file server goes by /proc/self/fd
  return out;
}

Result<std::string> why_no_jail(const VmConfig& config) {
  if (!qemu_settings(config).jail) return std::string("the configuration says jail = false");
  if (::geteuid() != 0) return std::string("only root can make one");
  constexpr uint64_t kNeeded = bit(CAP_SYS_ADMIN) | bit(CAP_SETPCAP);
  if ((sys::effective_capabilities() & kNeeded) != kNeeded) {
    return std::string("this process lacks CAP_SYS_ADMIN or CAP_SETPCAP");
  }
  if (TRY(is_script(config.path))) return concat(config.path, " is a script");
  return std::string();
}

uint64_t qemu_capabilities(const VmConfig& config) {
  if (!serves_files(config)) return 0;
  return bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_FSETID) | bit(CAP_MKNOD) | bit(CAP_SETFCAP);
}

std::span<const sock_filter> qemu_system_calls(const VmConfig& config) {
  if (serves_files(config)) return kSystemCallsWithFiles;
  return kSystemCalls;
}

namespace {

Error no_jail(const Error& why) {
  return why.wrap("making QEMU's jail").hint("set jail = false to run QEMU without one");
}

// Nothing where this kernel or who runs us does not let it be made; then the log has said so.
Result<UniqueFd> make_root(const VmConfig& config, bool memory) {
  if (auto log = log_file(config); !log.empty()) TRY(sys::write_file(log, "", 0600));  // or there is no place for it
  auto mounts = sys::make_jail(qemu_jail(config, memory));
  if (mounts) return mounts;
  if (!mounts.error().is_errno(EPERM) && !mounts.error().is_errno(ENOSYS)) {
    return no_jail(mounts.error());
  }
  warn("QEMU sees the host's files: who breaks out of the guest can read what everybody can", mounts.error().text());
  return UniqueFd();
}

// What it serves appears there one after the other, so its root is in our own mounts, where that is done.
Result<> enter_root(sys::Spawn& what, const VmConfig& config, bool memory) {
  const auto& root = config.shared.front().root;
  if (root.empty()) {
    warn("QEMU sees the host's files: who breaks out of the guest has six of root's capabilities on them",
         "it serves files by 9p");
    return {};
  }
  auto filled = sys::fill_jail(qemu_jail(config, memory), root);
  if (!filled) return no_jail(filled.error());
  what.root = root;
  what.processes = root + sys::kJailProcesses;
  what.argv.front() = program_of(config);
  take_profile(what, config);
  return {};
}

Result<> give_user(sys::Spawn& what, const VmConfig& config) {
  auto user = TRY(qemu_user(config));
  if (!user.why_root.empty()) {
    warn("QEMU is root, though without capabilities: who breaks out of the guest can write to root's sockets",
         user.why_root);
    return {};
  }
  what.identity = user.identity;
  what.own_users = true;
  return give_to(*what.identity, config);
}

}  // namespace

Result<UniqueFd> confine(sys::Spawn& what, const VmConfig& config, bool memory) {
  if (!config.security_context.empty()) what.labels.push_back(sys::selinux_context(config.security_context));
  if (qemu_settings(config).seccomp_sandbox.empty())
    warn("QEMU may run programs and signal others, as far as its jail lets it", "seccomp_sandbox is empty");
  if (auto why = TRY(why_no_jail(config)); !why.empty()) {
    warn("QEMU is not confined: who breaks out of the guest has the rights of this process", why);
    return UniqueFd();
  }
  what.namespaces.fresh |= CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID;
  what.capabilities = qemu_capabilities(config);
  what.system_calls = qemu_system_calls(config);
  // A file server holds a descriptor for each of the guest's files.
  if (!serves_files(config)) what.limits = {{RLIMIT_NOFILE, kMostDescriptors}, {RLIMIT_NPROC, kMostThreads}};
  if (serves_files(config)) {
    TRY(enter_root(what, config, memory));
    return UniqueFd();
  }
  auto mounts = TRY(make_root(config, memory));
  if (mounts) {
    what.namespaces.joined.push_back({CLONE_NEWNS, mounts.get()});
    what.argv.front() = program_of(config);
    if (memory) what.processes = sys::kJailProcesses;
  }
  take_profile(what, config);
  TRY(give_user(what, config));
  return mounts;
}

}  // namespace kata::hypervisor
