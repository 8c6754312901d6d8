// What is seen at a directory: its file system, and those that are mounted below. By it two paths are known to show the
// same files, whatever they are called. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/sys/mountinfo.h"

namespace kata::storage {

struct MountedPart {
  std::string place;   // seen from the top: "" is the top itself, "logs/app" something below it
  std::string device;  // the file system: "8:1"
  std::string root;    // and which of its files is seen there
  std::string type;
  bool read_only = false;
};

// Of `path`, a real one, which the mount with the id `mount` shows. The first part is the top's. Without one: nothing
// is known of that mount.
std::vector<MountedPart> mounted_parts(const std::vector<sys::MountInfo>& mounts, int mount, const std::string& path);

// Where below the top a file of a file system is seen. It may be hidden there by another part.
std::optional<std::string> place_in(const std::vector<MountedPart>& parts, const std::string& device,
                                    const std::string& root);

// Whether the same file systems are mounted below `place` of `parts` as below the top of `others`.
bool same_below(const std::vector<MountedPart>& parts, const std::string& place,
                const std::vector<MountedPart>& others);

// "a" and "b" are "a/b"; either may be empty.
std::string join_places(const std::string& first, const std::string& second);

}  // namespace kata::storage
