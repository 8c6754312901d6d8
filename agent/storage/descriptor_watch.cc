#include "agent/storage/descriptor_watch.h"

#include <poll.h>

#include <algorithm>
#include <charconv>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace kata::agent {

namespace {

constexpr std::string_view kOption = "io.katacontainers.fs-opt.descriptors=";
constexpr uint64_t kLookupsInAMillisecond = 50;
constexpr char kDropCaches[] = "/proc/sys/vm/drop_caches";
constexpr char kNamesAndInodes[] = "2";
constexpr char kWithoutAWord[] = "4";  // the kernel's log would have a line each time

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// All inodes are never fewer than those of one file system, and cheaper to count.
uint64_t used_now(uint64_t limit) {
  auto files = open_files(sys::read_file("/proc/sys/fs/file-nr").value_or(""));
  auto all = open_files(sys::read_file("/proc/sys/fs/inode-nr").value_or(""));
  if (!is_time_to_forget(all + files, limit)) return all + files;
  auto slabinfo = sys::read_file("/proc/slabinfo");
  return files + (slabinfo ? known_files(*slabinfo) : all);
}

void watch(int stop, uint64_t limit) {
  ignore(sys::write_control(kDropCaches, kWithoutAWord));
  for (;;) {
    auto used = used_now(limit);
    auto patience = next_look(used, limit);
    if (is_time_to_forget(used, limit)) {
      auto dropped = sys::write_control(kDropCaches, kNamesAndInodes);
      if (!dropped) log::warning("storage", "the kernel does not forget files", {{"error", dropped.error().text()}});
      // What is in use stays known: that is not to be asked for again and again.
      used = used_now(limit);
      patience = is_time_to_forget(used, limit) ? std::chrono::milliseconds(200) : next_look(used, limit);
    }
    if (sys::wait_for(stop, POLLIN, patience).value_or(true)) return;
  }
}

}  // namespace

// "fuse_inode 1234 1250 832 …": objects in use, and all.
uint64_t known_files(std::string_view slabinfo) {
  for (auto line : lines_of(slabinfo)) {
    auto words = split(line);
    if (words.size() > 1 && words[0] == "fuse_inode") return number(words[1]);
  }
  return 0;
}

uint64_t open_files(std::string_view file_nr) {
  auto words = split(file_nr, " \t\n");
  if (words.size() < 2) return 0;
  auto all = number(words[0]);
  auto unused = number(words[1]);
  return all > unused ? all - unused : 0;
}

bool is_time_to_forget(uint64_t used, uint64_t limit) { return used > limit / 10 * 6; }

std::chrono::milliseconds next_look(uint64_t used, uint64_t limit) {
  auto room = limit / 10 * 9 > used ? limit / 10 * 9 - used : 0;
  return std::clamp(std::chrono::milliseconds(room / kLookupsInAMillisecond), std::chrono::milliseconds(20),
                    std::chrono::milliseconds(10'000));
}

uint64_t descriptors_of_server(const grpc::Storage& storage) {
  for (std::string_view option : storage.driver_options()) {
    if (option.starts_with(kOption)) return number(option.substr(kOption.size()));
  }
  return 0;
}

Result<DescriptorWatch> DescriptorWatch::start(uint64_t limit) {
  DescriptorWatch out;
  out.stop_ = TRY(sys::event_fd());
  out.thread_ = TRY(sys::Thread::start("descriptors", [stop = out.stop_.get(), limit] { watch(stop, limit); }));
  log::info("storage", "watching how many files are known", {{"limit", concat(limit)}});
  return out;
}

DescriptorWatch& DescriptorWatch::operator=(DescriptorWatch&& other) noexcept {
  stop();
  stop_ = std::move(other.stop_);
  thread_ = std::move(other.thread_);
  return *this;
}

void DescriptorWatch::stop() {
  if (!thread_.joinable()) return;
  ignore(sys::signal_event(stop_.get()));
  thread_.join();
}

}  // namespace kata::agent
