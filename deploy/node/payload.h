// The directory of programs and guests that the installer brings along, and its copy on the node.
//
// The copy has a list of its files (.kata-deploy), written before the first of them: a directory without that list is
// somebody else's and stays as it is, and so do files in it that the list does not name. Not for two processes at a
// time.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace kata::deploy {

// Where a payload has the configuration files of its shims, as every installation of this field.
inline constexpr char kDefaults[] = "share/defaults/kata-containers";

struct Payload {
  std::string directory;
  std::vector<std::string> files;  // all that is no directory, with paths below it, sorted
  std::vector<std::string> shims;  // those with a configuration file, sorted
};

// `directory`, or its opt/kata, as images have it.
Result<Payload> read_payload(const std::string& directory);

// A file that is made here.
struct MadeFile {
  std::string path;  // below the copy
  std::string text;
};

// Where the copy goes: as this process reaches it, and as the node calls it.
struct Target {
  std::string directory;
  std::string name;
};

// Only what is new or other is written, each file at once; files of the list that are in neither are removed. Prints
// one line. With `dry_run` nothing is written.
Result<> copy_payload(const Payload& payload, const std::vector<MadeFile>& made, const Target& target, bool dry_run);

// The shims whose configuration the copy has; none where there is no copy.
Result<std::vector<std::string>> copied_shims(const Target& target);

// The files of its list, then what directories are empty.
Result<> remove_copy(const Target& target, bool dry_run);

}  // namespace kata::deploy
