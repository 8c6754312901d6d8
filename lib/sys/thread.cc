#include "lib/sys/thread.h"

#include <memory>
#include <utility>

namespace kata::sys {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackSize = 2 << 20;  // the sanitizer pads every frame
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr size_t kStackSize = 2 << 20;
#else
constexpr size_t kStackSize = 256 << 10;
#endif
#else
constexpr size_t kStackSize = 256 << 10;
#endif

void* run(void* argument) {
  std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  (*body)();
  return nullptr;
}

}  // namespace

Result<Thread> Thread::start(const std::string& name, std::function<void()> body) {
  auto argument = std::make_unique<std::function<void()>>(std::move(body));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackSize);
  Thread out;
  int err = pthread_create(&out.handle_, &attributes, run, argument.get());
  pthread_attr_destroy(&attributes);
  if (err != 0) return Error::sys(err, "start thread", name);
  static_cast<void>(argument.release());  // run() owns it now
  out.started_ = true;
  pthread_setname_np(out.handle_, name.substr(0, 15).c_str());
  return out;
}

Thread::Thread(Thread&& other) noexcept : handle_(other.handle_), started_(std::exchange(other.started_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this == &other) return *this;
  join();
  handle_ = other.handle_;
  started_ = std::exchange(other.started_, false);
  return *this;
}

void Thread::join() {
  if (std::exchange(started_, false)) pthread_join(handle_, nullptr);
}

}  // namespace kata::sys
