#include "hypervisor/qemu/cause.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "hypervisor/process/console.h"
#include "lib/base/concat.h"

namespace kata::hypervisor {

namespace {

constexpr size_t kQuotedLines = 4;

// The last few lines that say something, in quotes; from before the panic when there is one,
// because what follows it is a call trace.
std::string quote(const std::vector<std::string>& lines, std::string_view introduction) {
  std::vector<std::string> said;
  for (const auto& line : lines) {
    std::string text(without_time_stamp(line));
    if (text.starts_with("Kernel panic")) break;
    if (text.find_first_not_of(" \t") != std::string::npos) said.push_back(std::move(text));
  }
  if (said.empty()) return {};
  std::string out(introduction);
  auto first = said.size() > kQuotedLines ? said.size() - kQuotedLines : 0;
  for (auto i = first; i < said.size(); ++i) out += concat(i == first ? " \"" : " / \"", said[i], "\"");
  return out;
}

// "Attempted to kill init! exitcode=0x00000009" means that the guest's PID 1, the agent, ended;
// the number is a wait status.
std::string explain_init_exit(const std::string& panic) {
  constexpr std::string_view kExitCode = "exitcode=0x";
  auto at = panic.find(kExitCode);
  if (at == std::string::npos) return {};
  auto status = static_cast<int>(std::strtoul(panic.c_str() + at + kExitCode.size(), nullptr, 16));
  sys::ExitStatus exit;
  if (WIFSIGNALED(status)) {
    exit = {128 + WTERMSIG(status), WTERMSIG(status), false};
  } else {
    exit.code = WEXITSTATUS(status);
  }
  return concat(" (the agent ", sys::describe(exit), ")");
}

struct Advice {
  std::string_view pattern;
  std::string_view text;
};

// Known last words of QEMU and of guest kernels, and what helps.
constexpr Advice kAdvice[] = {
    {"annot allocate memory", "lower default_memory, or free memory on the host"},
    {"annot set up guest memory", "lower default_memory, or free memory on the host"},
    {"Could not access KVM kernel module: Permission denied", "run usermod -aG kvm USER, or set accelerator = \"tcg\""},
    {"Could not access KVM kernel module", "run modprobe kvm_intel || modprobe kvm_amd, or set accelerator = \"tcg\""},
    {"failed to initialize kvm", "set accelerator = \"tcg\""},
    {"PVH ELF Note", "use a vmlinux built with CONFIG_PVH=y, such as the one that `./dev image` makes"},
    {"-sandbox", "set seccomp_sandbox to what this QEMU knows, or to \"\""},
    {"vhost-vsock", "set agent_channel = \"virtio-serial\""},
    {"Unable to mount root fs", "check initrd or image in the [hypervisor.qemu] table of the configuration"},
    {"No working init found", "check initrd or image in the [hypervisor.qemu] table of the configuration"},
    {"System is deadlocked on memory", "raise default_memory"},
    {"Out of memory", "raise default_memory"},
    {"junk within compressed archive", "build the initrd again: ./dev image"},
    {"Initramfs unpacking failed: write error", "raise default_memory"},
};

// Known last words explain the end better than the saved machine's files would.
Error with_advice(Error error, const Ending& ending) {
  for (const auto& advice : kAdvice) {
    auto says_it = [&](const std::string& line) { return line.find(advice.pattern) != std::string::npos; };
    if (std::any_of(ending.messages.begin(), ending.messages.end(), says_it) ||
        std::any_of(ending.console.begin(), ending.console.end(), says_it)) {
      return error.hint(advice.text);
    }
  }
  return ending.loading ? error.because(Cause::kDamagedSavedMachine) : error;
}

Error unavailable(std::string text) { return Error::make(Code::kUnavailable, std::move(text)); }

Error clean_exit(const Ending& ending) {
  auto last_words = quote(ending.console, "; its console's last lines:");
  if (ending.shutdown_reason == "guest-shutdown") return unavailable("the guest powered off" + last_words);
  if (ending.shutdown_reason == "guest-reset") return unavailable("the guest rebooted" + last_words);
  return unavailable(concat("QEMU ", sys::describe(ending.status), last_words));
}

}  // namespace

Error cause_of(const Ending& ending) {
  if (auto panic = find_panic(ending.console); !panic.empty()) {
    return with_advice(unavailable(concat("guest kernel panic: ", panic, explain_init_exit(panic),
                                          quote(ending.console, "; before it the console said:"))),
                       ending);
  }
  if (ending.stopped) return Error::make(Code::kCancelled, "the virtual machine was stopped");
  if (ending.status.signal == 0 && ending.status.code == 0) return clean_exit(ending);
  auto error = unavailable(concat("QEMU ", sys::describe(ending.status), quote(ending.messages, ":"),
                                  quote(ending.console, "; the guest's console said:")));
  if (ending.status.signal != 0) error = error.killed_by(ending.status.signal);
  if (ending.status.signal == SIGKILL) return error.hint("see dmesg: somebody sent it, or the host ran out of memory");
  if (ending.status.signal == SIGSYS) {
    return error.hint(
        "set seccomp_sandbox to \"\" and report what happened before: it denies a system call that QEMU needs");
  }
  return with_advice(error, ending);
}

}  // namespace kata::hypervisor
