#include "runtime/storage/guest_copies.h"

#include <poll.h>
#include <sys/inotify.h>

#include <algorithm>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/inotify.h"
#include "runtime/storage/shared_directory.h"

namespace kata::storage {

namespace {

constexpr size_t kChunk = 1U << 20U;  // upstream's agents take no more
constexpr int kDeepest = 64;
// The kubelet makes several changes; one copy does for all.
constexpr std::chrono::milliseconds kQuietTime{100};
constexpr uint32_t kChanges = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB;

struct Copying {
  const SendFile& send;
  uint64_t& budget;
};

grpc::CopyFileRequest request_for(const std::string& target, const struct stat& info) {
  grpc::CopyFileRequest request;
  request.set_path(target);
  request.set_file_mode(info.st_mode);
  request.set_dir_mode(0755);
  request.set_uid(static_cast<int32_t>(info.st_uid));
  request.set_gid(static_cast<int32_t>(info.st_gid));
  return request;
}

Error too_much(const std::string& source) {
  return Error::make(Code::kResourceExhausted, concat("the volumes hold more than the ", kMostCopied >> 20U,
                                                      " MiB that are copied into the guest (at ", source, ")"))
      .hint("set shared_fs = \"auto\", or use a block device for the volume");
}

Result<> copy_file(const std::string& source, const std::string& target, const struct stat& info, Copying& copying) {
  if (static_cast<uint64_t>(info.st_size) > copying.budget) return too_much(source);
  auto file = TRY(sys::open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  auto text = TRY(sys::read_to_end(file.get(), kMostCopied));
  if (text.size() > copying.budget) return too_much(source);  // it grew
  copying.budget -= text.size();
  auto request = request_for(target, info);
  request.set_file_size(static_cast<int64_t>(text.size()));
  size_t offset = 0;
  do {
    auto length = std::min(kChunk, text.size() - offset);
    request.set_offset(static_cast<int64_t>(offset));
    request.set_data(text.substr(offset, length));
    TRY(copying.send(request));
    offset += length;
  } while (offset < text.size());
  return {};
}

Result<> copy_link(const std::string& source, const std::string& target, const struct stat& info, Copying& copying) {
  auto request = request_for(target, info);
  request.set_data(TRY(sys::read_link(source)));
  return copying.send(request);
}

Result<> copy_any(const std::string& source, const std::string& target, int depth, Copying& copying);

// Links behind what they may point to; "..data" sorts before those that go through it.
Result<> copy_directory(const std::string& source, const std::string& target, int depth, Copying& copying) {
  std::vector<std::string> links;
  for (const auto& name : TRY(sys::list_directory(source))) {
    auto info = sys::lstat(concat(source, "/", name));
    if (!info) continue;  // gone meanwhile
    if (S_ISLNK(info->st_mode)) {
      links.push_back(name);
    } else {
      TRY(copy_any(concat(source, "/", name), concat(target, "/", name), depth + 1, copying));
    }
  }
  std::sort(links.begin(), links.end());
  for (const auto& name : links) {
    TRY(copy_any(concat(source, "/", name), concat(target, "/", name), depth + 1, copying));
  }
  return {};
}

Result<> copy_any(const std::string& source, const std::string& target, int depth, Copying& copying) {
  auto info = TRY(sys::lstat(source));
  if (S_ISREG(info.st_mode)) return copy_file(source, target, info, copying);
  if (S_ISLNK(info.st_mode)) return copy_link(source, target, info, copying);
  if (!S_ISDIR(info.st_mode)) {
    log::warning("storage", "only files, directories and links can be copied into the guest", {{"left out", source}});
    return {};
  }
  if (depth > kDeepest)
    return Error::make(Code::kResourceExhausted, concat(source, " is nested too deeply to be copied"));
  TRY(copying.send(request_for(target, info)));
  return copy_directory(source, target, depth, copying);
}

}  // namespace

std::string copies_directory(const std::string& container) { return concat(kGuestShared, "/", container, "-copies"); }
std::string copy_path(const std::string& container, const std::string& name) {
  return concat(copies_directory(container), "/", name);
}

Result<> copy_to_guest(const std::string& source, const std::string& target, const SendFile& send, uint64_t& budget) {
  Copying copying{send, budget};
  return copy_any(TRY(sys::real_path(source)), target, 0, copying).wrap(concat("copying ", source, " into the guest"));
}

Result<> GuestCopies::add(const std::string& source, const std::string& target, bool updated) {
  UniqueFd changes;
  if (updated) {
    // Before the first copy, so that no change is missed.
    changes = TRY(sys::inotify());
    TRY(sys::watch_path(changes.get(), source, kChanges));
  }
  TRY(copy_to_guest(source, target, send_, budget_));
  if (updated) followed_.push_back({source, target, std::move(changes)});
  return {};
}

Result<> GuestCopies::follow() {
  stop_ = TRY(sys::event_fd());
  thread_ = TRY(sys::Thread::start("copies", [this] { run(); }));
  return {};
}

GuestCopies::~GuestCopies() {
  if (stop_) ignore(sys::signal_event(stop_.get()));
  thread_.join();
}

void GuestCopies::run() {
  for (;;) {
    std::vector<pollfd> fds{{stop_.get(), POLLIN, 0}};
    for (const auto& one : followed_) fds.push_back({one.changes.get(), POLLIN, 0});
    if (!sys::poll(fds, std::chrono::milliseconds(-1)) || fds[0].revents != 0) return;
    if (sys::wait_for(stop_.get(), POLLIN, kQuietTime).value_or(true)) return;
    for (size_t i = 0; i < followed_.size(); ++i) {
      if (fds[i + 1].revents == 0) continue;
      const auto& one = followed_[i];
      sys::drain_events(one.changes.get());
      uint64_t budget = kMostCopied;
      auto copied = copy_to_guest(one.source, one.target, send_, budget);
      if (!copied) log::warning("storage", "cannot update a volume in the guest", {{"error", copied.error().text()}});
    }
  }
}

}  // namespace kata::storage
