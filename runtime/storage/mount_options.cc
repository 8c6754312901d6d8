#include "runtime/storage/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <string_view>

namespace kata::storage {

namespace {

struct Word {
  std::string_view name;
  unsigned long set;
  unsigned long clear;
};

constexpr Word kWords[] = {
    {"defaults", 0, 0},
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"noatime", MS_NOATIME, 0},
    {"atime", 0, MS_NOATIME},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"relatime", MS_RELATIME, 0},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME, 0},
    {"nostrictatime", 0, MS_STRICTATIME},
    {"bind", MS_BIND, 0},
    {"rbind", MS_BIND | MS_REC, 0},
};

constexpr Word kPropagation[] = {
    {"private", MS_PRIVATE, 0},       {"rprivate", MS_PRIVATE | MS_REC, 0},
    {"slave", MS_SLAVE, 0},           {"rslave", MS_SLAVE | MS_REC, 0},
    {"shared", MS_SHARED, 0},         {"rshared", MS_SHARED | MS_REC, 0},
    {"unbindable", MS_UNBINDABLE, 0}, {"runbindable", MS_UNBINDABLE | MS_REC, 0},
};

template <typename Table>
const Word* look_up(const Table& table, std::string_view name) {
  const auto* found = std::find_if(std::begin(table), std::end(table), [&](const Word& w) { return w.name == name; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace

MountOptions parse_options(const std::vector<std::string>& options) {
  MountOptions out;
  for (const auto& option : options) {
    if (const auto* word = look_up(kWords, option)) {
      out.flags = (out.flags & ~word->clear) | word->set;
    } else if (const auto* kind = look_up(kPropagation, option)) {
      out.propagation = kind->set;
    } else if (!option.empty()) {
      if (!out.data.empty()) out.data += ',';
      out.data += option;
    }
  }
  return out;
}

}  // namespace kata::storage
