#include "hypervisor/qemu/channel.h"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>

#include "lib/base/concat.h"
#include "lib/mux/mux.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/random.h"
#include "lib/sys/socket.h"
#include "lib/sys/vhost.h"

namespace kata::hypervisor {

namespace {

class SerialChannel : public GuestChannel {
 public:
  explicit SerialChannel(std::unique_ptr<mux::Mux> mux) : mux_(std::move(mux)) {}
  Result<UniqueFd> dial(uint32_t port) override { return mux_->dial(port); }
  void shut_down() override { mux_->shut_down(); }

 private:
  std::unique_ptr<mux::Mux> mux_;
};

constexpr auto kRetryInterval = std::chrono::milliseconds(10);

// While the guest boots: nobody listens yet, or the kernel's two seconds for a connection are over.
bool may_come_up(const Error& error) {
  for (int err : {ECONNRESET, ETIMEDOUT, ENODEV, EHOSTUNREACH, ENETUNREACH}) {
    if (error.is_errno(err)) return true;
  }
  return false;
}

class VsockChannel : public GuestChannel {
 public:
  VsockChannel(uint32_t cid, int exit_event, UniqueFd stop_event)
      : cid_(cid), stop_event_(std::move(stop_event)), stops_{exit_event, stop_event_.get()} {}

  Result<UniqueFd> dial(uint32_t port) override {
    for (;;) {
      auto stream = sys::vsock_connect(cid_, port, stops_);
      if (stream) {
        guest_is_up_ = true;
        return stream;
      }
      const auto& error = stream.error();
      if (error.is(Code::kCancelled)) break;
      if (!may_come_up(error)) return stream;
      if (guest_is_up_ && error.is_errno(ECONNRESET)) return error.with_code(Code::kUnavailable);
      if (TRY(is_over())) break;
    }
    return Error::make(Code::kUnavailable, "the virtual machine has ended");
  }

  void shut_down() override { ignore(sys::signal_event(stop_event_.get())); }

 private:
  // After a pause.
  Result<bool> is_over() const {
    std::array<pollfd, 2> fds{{{stops_[0], POLLIN, 0}, {stops_[1], POLLIN, 0}}};
    return TRY(sys::poll(fds, kRetryInterval)) > 0;
  }

  const uint32_t cid_;
  const UniqueFd stop_event_;
  const std::array<int, 2> stops_;  // the machine's end, and ours
  std::atomic<bool> guest_is_up_ = false;
};

Result<uint32_t> random_cid() {
  constexpr uint32_t kFirstGuestCid = 3;  // 0 to 2 are reserved: vsock(7)
  uint32_t cid = 0;
  do {
    cid =
        TRY(sys::random_number<uint32_t>()) & 0x7fffffff;  // far from VMADDR_CID_ANY, and positive in everybody's logs
  } while (cid < kFirstGuestCid);
  return cid;
}

}  // namespace

Result<std::unique_ptr<GuestChannel>> serial_channel(UniqueFd carrier) {
  auto mux = TRY(mux::Mux::create(std::move(carrier), mux::Role::kClient));
  return std::unique_ptr<GuestChannel>(std::make_unique<SerialChannel>(std::move(mux)));
}

Result<std::unique_ptr<GuestChannel>> vsock_channel(uint32_t cid, int exit_event) {
  auto stop_event = TRY(sys::event_fd());
  return std::unique_ptr<GuestChannel>(std::make_unique<VsockChannel>(cid, exit_event, std::move(stop_event)));
}

Result<VhostVsock> open_vhost_vsock() {
  auto fd = TRY(sys::open(sys::kVhostVsock, O_RDWR));
  constexpr int kAttempts = 100;
  for (int i = 0; i < kAttempts; ++i) {
    auto cid = TRY(random_cid());
    auto set = sys::set_guest_cid(fd.get(), cid);
    if (set) return VhostVsock{std::move(fd), cid};
    if (!set.error().is_errno(EADDRINUSE)) return set.error();
  }
  return Error::make(Code::kResourceExhausted, "found no free vsock context id");
}

}  // namespace kata::hypervisor
