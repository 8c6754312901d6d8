#include "runtime/storage/shared_directory.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "runtime/host_resources/files.h"

namespace kata::storage {

Error no_shared_directory() {
  return Error::make(Code::kFailedPrecondition, "this sandbox was started without a shared directory");
}

SharedDirectory::SharedDirectory(journal::Journal& journal, std::string places, std::string exported)
    : journal_(journal), places_(std::move(places)), exported_(std::move(exported)) {}

Result<std::unique_ptr<SharedDirectory>> SharedDirectory::create(const std::string& base, const std::string& sandbox_id,
                                                                 journal::Journal& journal) {
  auto top = concat(base, "/", sandbox_id);
  auto places = top + "/mounts";
  auto exported = top + "/shared";
  TRY(sys::make_directories(base, 0700));
  TRY(host::make_directory(journal, top, 0700));
  TRY(host::make_directory(journal, places, 0755));
  TRY(host::make_directory(journal, exported, 0755));
  TRY(host::record_mount(journal, exported));
  TRY(sys::bind_mount(places, exported, false));
  // Unbindable: a volume of "/" would otherwise carry all volumes again.
  TRY(sys::set_propagation(exported, MS_UNBINDABLE));
  TRY(sys::remount_bind(exported, MS_RDONLY | MS_NOSUID | MS_NODEV));
  return std::unique_ptr<SharedDirectory>(new SharedDirectory(journal, std::move(places), std::move(exported)));
}

Result<> SharedDirectory::make_place(const std::string& name, bool directory, Share& share) {
  auto path = concat(places_, "/", name);
  if (auto slash = name.find('/'); slash != std::string::npos) {
    share.push_back(TRY(host::make_directory(journal_, concat(places_, "/", name.substr(0, slash)), 0755)));
  }
  if (directory) {
    share.push_back(TRY(host::make_directory(journal_, path, 0755)));
    return {};
  }
  share.push_back(TRY(host::record_file(journal_, path)));
  TRY(sys::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644));
  return {};
}

Result<> SharedDirectory::add_steps(const std::string& source, const std::string& name, bool read_only, Share& share) {
  auto info = TRY(sys::stat(source));
  TRY(make_place(name, S_ISDIR(info.st_mode), share));
  auto target = concat(exported_, "/", name);
  share.push_back(TRY(host::record_mount(journal_, target)));
  TRY(sys::bind_mount(source, target, true));
  TRY(sys::set_propagation(target, MS_SLAVE | MS_REC));
  if (read_only) TRY(sys::remount_bind(target, MS_RDONLY));
  return {};
}

Result<Share> SharedDirectory::add(const std::string& source, const std::string& name, bool read_only) {
  Share share;
  auto done = add_steps(source, name, read_only, share);
  if (done) return share;
  remove(share);
  return done.error().wrap(concat("sharing ", source, " with the guest"));
}

void SharedDirectory::remove(const Share& share) {
  for (auto number = share.rbegin(); number != share.rend(); ++number) {
    auto undone = journal_.undo(*number);
    if (!undone) log::warning("storage", "cannot take a share away", {{"error", undone.error().text()}});
  }
}

}  // namespace kata::storage
