#include "agent/storage/followed.h"

#include <chrono>
#include <vector>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace kata::agent {

namespace {

// Nobody tells the guest of a change, so it looks. The kubelet itself takes up to a minute.
constexpr std::chrono::seconds kBetweenLooks{2};

}  // namespace

FollowedVolumes::~FollowedVolumes() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

Result<> FollowedVolumes::prepare(const std::string& directory) {
  if (prepared_.contains(directory)) return {};
  TRY(sys::make_directories(directory));
  TRY(sys::mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"));
  prepared_.insert(directory);
  return {};
}

Result<bool> FollowedVolumes::add(const std::string& source, const std::string& target) {
  MutexLock lock(mutex_);
  TRY(prepare(target.substr(0, target.rfind('/'))));
  auto mirror = Mirror::create(source, target, {});
  if (!mirror) {
    ignore(sys::remove_tree(target));  // the first error is the one that counts
    if (!mirror.error().is(Code::kResourceExhausted)) return mirror.error();
    log::info("storage", "a volume is bound, not copied: the guest is not told of its changes",
              {{"source", source}, {"why", mirror.error().message()}});
    return false;
  }
  volumes_[target] = std::make_shared<Volume>(target, std::move(*mirror));
  if (!thread_.joinable()) thread_ = TRY(sys::Thread::start("volumes", [this] { run(); }));
  changed_.notify_all();
  return true;
}

void FollowedVolumes::remove(const std::string& target) {
  std::shared_ptr<Volume> volume;
  {
    MutexLock lock(mutex_);
    auto found = volumes_.find(target);
    if (found == volumes_.end()) return;
    volume = std::move(found->second);
    volumes_.erase(found);
  }
  MutexLock lock(volume->mutex);
  volume->removed = true;
}

void FollowedVolumes::follow(Volume& volume) {
  MutexLock lock(volume.mutex);
  if (volume.removed) return;
  auto followed = volume.mirror.follow();
  if (followed && *followed) log::debug("storage", "a volume has changed", {{"volume", volume.target}});
  // Between two steps of who changes it, a file may be missing; what stays wrong is said once.
  if (!followed && !volume.failed) {
    log::warning("storage", "a volume's changes do not reach its copy",
                 {{"volume", volume.target}, {"error", followed.error().text()}});
  }
  volume.failed = !followed;
}

void FollowedVolumes::run() {
  MutexLock lock(mutex_);
  while (!stop_) {
    if (volumes_.empty()) {
      changed_.wait(mutex_, [&]() REQUIRES(mutex_) { return stop_ || !volumes_.empty(); });
      continue;
    }
    if (changed_.wait_for(mutex_, kBetweenLooks, [&]() REQUIRES(mutex_) { return stop_; })) return;
    std::vector<std::shared_ptr<Volume>> all;
    for (const auto& [target, volume] : volumes_) all.push_back(volume);
    lock.unlock();
    for (const auto& volume : all) follow(*volume);
    lock.lock();
  }
}

}  // namespace kata::agent
