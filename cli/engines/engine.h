// What each engine needs so that it knows our runtime: which files, with which text, and how it takes them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/engines/files.h"
#include "cli/engines/program.h"

namespace kata::cli::engines {

inline constexpr char kShimType[] = "io.containerd.kata.v2";

// Where containerd's files are: a distribution of Kubernetes may have its own.
struct ContainerdPlaces {
  std::string file = "/etc/containerd/config.toml";
  // Where we let it look. That is also what `containerd config default` says, but a file that does not say it imports
  // nothing, although `containerd config dump` of newer ones (2.4) shows this pattern for it.
  std::string drop_ins = "/etc/containerd/conf.d";
  bool takes_drop_ins = false;  // by itself: the file need not import them
  std::string made_from;        // the template from which the file is made at each start; empty: it is made by hand
};

// What is asked for.
struct Wish {
  std::string name = "kata";  // the runtime's, in the engine's own words
  std::string root;           // what the files' paths begin with; empty: this machine's
  std::string runtime;        // absolute path of kata-runtime
  std::string shim;           // absolute path of containerd-shim-kata-v2; empty: it is missing
  // For engines that speak to the shim.
  std::string configuration;                     // absolute path of the runtime's file; empty: it finds one
  bool privileged_without_host_devices = false;  // CRI-O: always
  bool exactly = false;                          // an entry of this name that says more is another one
  std::string snapshotter;                       // of containerd, for this runtime's images; empty: its usual one
  ContainerdPlaces containerd;
  // The command that wrote a drop-in and takes it back, for who reads it.
  std::string maker = "kata-runtime install";
};

struct Plan {
  std::vector<Edit> edits;         // those that change nothing too
  std::vector<std::string> notes;  // for the user, a line each
  std::string example;             // a command to try
  // Asks the engine whether it takes them, with its refusal as the error. Empty: there is no way to ask it.
  std::function<Result<>(const std::vector<Edit>&)> check;
};

// A file that --undo has to look at.
struct Trace {
  std::string path;
  Owner owner = Owner::kTheirs;
  std::string name;       // of the runtime that it was made for; empty: the one that is undone
  std::string directory;  // not while others' files *.toml are in it: they are read because of this one; empty: always
};

// A line of `kata-runtime check`.
struct Look {
  bool registered = false;
  std::string detail;  // "runtime kata is /usr/local/bin/kata-runtime"; empty: nothing is known of it
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;               // "docker"
  virtual std::string program() const = 0;            // "dockerd"
  virtual std::string restart() const { return {}; }  // the command after which it knows; empty: it does at once
  // Reads; changes nothing.
  virtual Result<Plan> plan(const Wish& wish, const Program& program) const = 0;
  // In the order in which they are undone.
  virtual Result<std::vector<Trace>> traces(const Wish& wish) const = 0;
  virtual Result<Look> look(const Wish& wish, const Program& program) const = 0;
};

// All of them. They live as long as the program.
const std::vector<const Engine*>& all_engines();

const Engine& docker();
const Engine& podman();
const Engine& containerd();
const Engine& crio();
const Engine& nerdctl();

// `file` has a runtime of that name, and it is not what we would write.
Error is_another_one(const std::string& file, const std::string& name);

// Whether services that start with systemd's PATH find a program of this directory by its name.
bool is_in_service_path(const std::string& directory);

}  // namespace kata::cli::engines
