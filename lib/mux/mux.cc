#include "lib/mux/mux.h"

#include "lib/mux/session.h"
#include "lib/sys/thread.h"

namespace kata::mux {

class Mux::Impl {
 public:
  Impl(UniqueFd carrier, Role role, Listens listens) : session(std::move(carrier), role, std::move(listens)) {}
  ~Impl() { session.shut_down(); }  // the thread is joined first of the members

  Session session;
  sys::Thread thread;
};

Mux::Mux(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Mux::~Mux() = default;

Result<std::unique_ptr<Mux>> Mux::create(UniqueFd carrier, Role role, Listens listens) {
  auto impl = std::make_unique<Impl>(std::move(carrier), role, std::move(listens));
  TRY(impl->session.prepare());
  impl->thread = TRY(sys::Thread::start("mux", [session = &impl->session] { session->run(); }));
  return std::unique_ptr<Mux>(new Mux(std::move(impl)));
}

Result<UniqueFd> Mux::dial(uint32_t port) { return impl_->session.dial(port); }
Result<Mux::Incoming> Mux::accept() { return impl_->session.accept(); }
void Mux::shut_down() { impl_->session.shut_down(); }

}  // namespace kata::mux
