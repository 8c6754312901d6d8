// containerd's configuration as far as runtimes go. What stands where depends on the file's version (1 to 4).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/engines/engine.h"
#include "cli/engines/toml_text.h"

namespace kata::cli::engines {

// What containerd makes of the files as they are now. It is asked when somebody wants to know, and once: it takes a
// while. Not thread-safe.
class Present {
 public:
  // A file that is not there is one with nothing but `version`.
  Present(Program program, std::string file, bool is_there, int64_t version)
      : program_(std::move(program)), file_(std::move(file)), is_there_(is_there), version_(version) {}

  const Program& program() const { return program_; }
  // Without a program nothing is known: an empty one.
  const Result<config::Document>& document();

 private:
  Result<config::Document> ask() const;

  Program program_;
  std::string file_;
  bool is_there_;
  int64_t version_;
  std::optional<Result<config::Document>> answer_;
};

struct ContainerdConfig {
  std::string file;
  std::optional<std::string> text;  // nothing: there is no file
  config::Document document;
  int64_t version = 1;
  std::vector<std::string> directories;  // of imports "DIRECTORY/*.toml", absolute, without wish.root
  std::shared_ptr<Present> present;      // of this file and all that it imports
};

// A new file would have a version that the program takes.
Result<ContainerdConfig> read_containerd_config(const Wish& wish, const Program& program);

// The table of the CRI plugin's runtimes: plugins."…".containerd.runtimes
config::Path containerd_runtimes(int64_t version);
// Our entry in it, and its options, when it has any.
std::vector<TomlTable> containerd_runtime(const ContainerdConfig& config, const Wish& wish);

// The runtimes that containerd has by itself, and would not have any more. Up to version 1.7 a file that names one
// runtime replaces all of its own: the CRI plugin would be without runc, which is its default.
std::vector<TomlTable> runtimes_to_keep(const ContainerdConfig& config);

// The directories of patterns that take in every *.toml of one. A relative one is beside `file`.
std::vector<std::string> import_directories(const config::Document& document, const std::string& file);

// Nothing was said: false, 0, "", [].
bool is_empty(const config::Value& value);

// Lets containerd read the files as they shall be: whether it takes them, whether it then has the runtime, and whether
// it still has everything else. Up to version 1.7 a table of an imported file replaces the plugin's whole table.
Result<> check_containerd(const ContainerdConfig& config, const Wish& wish, const std::vector<Edit>& edits);
// Our lines alone, where only the distribution knows what else there will be.
Result<> check_containerd_alone(const ContainerdConfig& config, const Wish& wish);

}  // namespace kata::cli::engines
