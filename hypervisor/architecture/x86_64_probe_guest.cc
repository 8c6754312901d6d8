// The smallest virtual machine.
#include "hypervisor/architecture/x86_64.h"

#if defined(__x86_64__)

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "lib/base/concat.h"
#include "lib/base/unique_fd.h"

namespace kata::hypervisor {

namespace {

constexpr size_t kPage = 4096;
constexpr uint64_t kGuestAddress = 0x1000;
constexpr uint16_t kPort = 0x10;
// Real mode: mov $0x2a,%al; mov $0x10,%dx; out %al,(%dx); hlt
constexpr uint8_t kCode[] = {0xb0, 0x2a, 0xba, kPort, 0x00, 0xee, 0xf4};
constexpr uint8_t kAnswer = 0x2a;
constexpr int kMaxExits = 8;
// Three pages that Intel processors without "unrestricted guest" need for real mode; anywhere the guest has no memory.
constexpr unsigned long kTaskStatePages = 0xfffbd000;

class Mapping {
 public:
  Mapping(size_t length, int fd)
      : length_(length),
        at_(::mmap(nullptr, length, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0)) {
  }
  ~Mapping() {
    if (ok()) ::munmap(at_, length_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  bool ok() const { return at_ != MAP_FAILED; }
  void* get() const { return at_; }

 private:
  size_t length_;
  void* at_;
};

template <typename Argument>
Result<int> control(int fd, unsigned long request, Argument argument, const char* name) {
  int out = ::ioctl(fd, request, argument);
  if (out < 0) return Error::sys(errno, name);
  return out;
}

Result<> set_registers(int vcpu) {
  kvm_sregs special{};
  TRY(control(vcpu, KVM_GET_SREGS, &special, "KVM_GET_SREGS"));
  special.cs.base = 0;
  special.cs.selector = 0;
  TRY(control(vcpu, KVM_SET_SREGS, &special, "KVM_SET_SREGS"));
  kvm_regs general{};
  general.rip = kGuestAddress;
  general.rflags = 2;  // the bit that is always set
  TRY(control(vcpu, KVM_SET_REGS, &general, "KVM_SET_REGS"));
  return {};
}

Result<> run(int vcpu, const kvm_run& state) {
  for (int i = 0; i < kMaxExits; ++i) {
    if (::ioctl(vcpu, KVM_RUN, 0) < 0 && errno != EINTR) return Error::sys(errno, "KVM_RUN");
    if (state.exit_reason == KVM_EXIT_IO && state.io.port == kPort) {
      auto said = *(reinterpret_cast<const uint8_t*>(&state) + state.io.data_offset);
      if (said == kAnswer) return {};
    }
    if (state.exit_reason != KVM_EXIT_INTR) break;
  }
  return Error::make(Code::kInternal, concat("a test guest ended with exit reason ", state.exit_reason));
}

}  // namespace

Result<> run_x86_64_probe_guest(int kvm) {
  UniqueFd vm(TRY(control(kvm, KVM_CREATE_VM, 0, "KVM_CREATE_VM")));
  TRY(control(vm.get(), KVM_SET_TSS_ADDR, kTaskStatePages, "KVM_SET_TSS_ADDR"));
  Mapping memory(kPage, -1);
  if (!memory.ok()) return Error::sys(errno, "mmap");
  std::memcpy(memory.get(), kCode, sizeof kCode);
  kvm_userspace_memory_region region{};
  region.guest_phys_addr = kGuestAddress;
  region.memory_size = kPage;
  region.userspace_addr = reinterpret_cast<uint64_t>(memory.get());
  TRY(control(vm.get(), KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION"));
  UniqueFd vcpu(TRY(control(vm.get(), KVM_CREATE_VCPU, 0, "KVM_CREATE_VCPU")));
  auto size = static_cast<size_t>(TRY(control(kvm, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE")));
  Mapping state(size, vcpu.get());
  if (!state.ok()) return Error::sys(errno, "mmap a vCPU");
  TRY(set_registers(vcpu.get()));
  return run(vcpu.get(), *static_cast<const kvm_run*>(state.get()));
}

}  // namespace kata::hypervisor

#else

namespace kata::hypervisor {

Result<> run_x86_64_probe_guest(int /*kvm*/) { return Error::make(Code::kUnimplemented, "this is no x86_64 host"); }

}  // namespace kata::hypervisor

#endif
