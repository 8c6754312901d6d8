#include "runtime/sandbox/debug_console.h"

#include <poll.h>

#include <array>
#include <memory>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"

namespace kata {

namespace {

// One piece from `from` to `to`; false at the end of either.
bool pass_on(int from, int to) {
  std::array<char, 4096> buffer{};
  auto got = sys::read_some(from, buffer.data(), buffer.size());
  return got && *got > 0 && sys::write_all(to, buffer.data(), *got);
}

// Until one side has gone, or `stop` is readable.
void relay(int client, int guest, int stop) {
  std::array<pollfd, 3> fds{{{client, POLLIN, 0}, {guest, POLLIN, 0}, {stop, POLLIN, 0}}};
  while (sys::poll(fds, std::chrono::milliseconds(-1))) {
    if (fds[2].revents != 0) return;
    if (fds[0].revents != 0 && !pass_on(client, guest)) return;
    if (fds[1].revents != 0 && !pass_on(guest, client)) return;
  }
}

void serve_all(int listener, const std::function<Result<UniqueFd>()>& dial, int stop) {
  std::array<pollfd, 2> fds{{{listener, POLLIN, 0}, {stop, POLLIN, 0}}};
  while (sys::poll(fds, std::chrono::milliseconds(-1))) {
    if (fds[1].revents != 0) return;
    auto client = sys::accept(listener);
    if (!client) return;
    auto guest = dial();
    if (guest) {
      relay(client->get(), guest->get(), stop);
    } else {
      auto why = concat("there is no debug console in the guest: ", guest.error().message(), "\r\n");
      ignore(sys::write_all(client->get(), why));  // a client that has gone wants no answer
    }
  }
}

}  // namespace

std::string debug_console_socket(const std::string& run_directory, const std::string& sandbox_id) {
  return concat(run_directory, "/", sandbox_id, "/debug-console.sock");
}

Result<> DebugConsole::serve(const std::string& socket, std::function<Result<UniqueFd>()> dial, Threads& threads) {
  MutexLock lock(mutex_);
  if (stopped_) return {};
  stop_ = TRY(sys::event_fd());
  auto listener = std::make_shared<UniqueFd>(TRY(sys::unix_listen(socket)));  // a function is copied
  return threads.run(
      "console", [listener, dial = std::move(dial), stop = stop_.get()] { serve_all(listener->get(), dial, stop); });
}

void DebugConsole::stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  if (stop_) ignore(sys::signal_event(stop_.get()));
}

}  // namespace kata
