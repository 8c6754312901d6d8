#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "cli/command/control.h"
#include "cli/command/exec.h"
#include "cli/container/status.h"
#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/base/printable.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/thread.h"
#include "lib/text/json.h"

namespace kata::cli {

namespace {

Result<std::string> run_host_ps() {
  constexpr size_t kMostOutput = 64U << 20U;
  auto pipe = TRY(sys::pipe());
  sys::Spawn spawn;
  spawn.argv = {"ps", "-ef"};
  spawn.out = pipe.write.get();
  auto child = TRY(sys::spawn(spawn));
  pipe.write.reset();
  auto text = sys::read_to_end(pipe.read.get(), kMostOutput);
  ignore(sys::wait_child(child.pid));  // its output tells whether it worked
  return text;
}

// The header, and the lines whose second column is one of the pids.
std::string filter(const std::string& table, const std::vector<uint32_t>& pids) {
  std::istringstream lines(table);
  std::string line;
  std::string out;
  for (bool header = true; std::getline(lines, line); header = false) {
    std::istringstream cells(line);
    std::string user;
    uint32_t pid = 0;
    bool ours = cells >> user >> pid && std::find(pids.begin(), pids.end(), pid) != pids.end();
    if (header || ours) out += line + "\n";
  }
  return out;
}

// Its lines, made fit for a terminal: whoever has the guest could have written anything.
std::string fit_for_terminal(const std::string& table) {
  constexpr size_t kLongestLine = 4096;
  std::istringstream lines(table);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += printable(line, kLongestLine) + "\n";
  return out;
}

// While it lives, a standard descriptor is the pipe.
class Diverted {
 public:
  static Result<Diverted> make(int standard, int pipe) {
    auto saved = TRY(sys::duplicate(standard));
    if (::dup2(pipe, standard) < 0) return Error::sys(errno, "dup2");
    return Diverted(standard, std::move(saved));
  }
  ~Diverted() {
    if (saved_) ::dup2(saved_.get(), standard_);
  }
  Diverted(Diverted&&) = default;

 private:
  Diverted(int standard, UniqueFd saved) : standard_(standard), saved_(std::move(saved)) {}
  int standard_;
  UniqueFd saved_;
};

// Its status, and what it wrote, to both outputs; nothing where that is more than anybody reads.
Result<int> run_exec_for(const Globals& globals, const ExecOptions& exec, std::string& said) {
  constexpr size_t kMost = 16U << 20U;
  auto pipe = TRY(sys::pipe());
  auto reader = TRY(sys::Thread::start("ps", [&] {
    auto text = sys::read_to_end(pipe.read.get(), kMost);
    if (text) said = fit_for_terminal(*text);
    pipe.read.reset();  // who writes on is told
  }));
  auto code = [&]() -> Result<int> {
    auto out = TRY(Diverted::make(STDOUT_FILENO, pipe.write.get()));
    auto err = TRY(Diverted::make(STDERR_FILENO, pipe.write.get()));
    return run_exec(globals, exec);
  }();
  pipe.write.reset();
  reader.join();
  return code;
}

// What the container's own ps(1) says; false when it has none.
Result<bool> run_guest_ps(const Globals& globals, const PsOptions& options) {
  ExecOptions exec;
  exec.id = options.id;
  exec.command = {"ps"};
  exec.command.insert(exec.command.end(), options.command.begin(), options.command.end());
  if (options.command.empty()) exec.command.emplace_back("-ef");
  auto null = TRY(sys::open("/dev/null", O_RDONLY));
  if (::dup2(null.get(), 0) < 0) return Error::sys(errno, "dup2");
  std::string said;
  auto code = run_exec_for(globals, exec, said);
  if (!code.ok() || *code != 0) {
    if (!options.command.empty()) ignore(sys::write_all(STDERR_FILENO, said));
    return false;
  }
  TRY(print(said));
  return true;
}

}  // namespace

// The processes of the guest have no number on the host. As JSON, which engines feed to the host's ps,
// come those who stand for them: one stand-in for the first process and one for each exec. The table
// is the guest's own, where the container has a ps.
Result<int> run_ps(const Globals& globals, const PsOptions& options) {
  if (options.format != "table" && options.format != "json") {
    return Error::make(Code::kInvalidArgument, concat("unknown format \"", options.format, "\""))
        .hint("use --format table or --format json");
  }
  auto container = TRY(find_container(globals, options.id));
  if (options.format == "table" && container.state.status == Status::kRunning && TRY(run_guest_ps(globals, options))) {
    return 0;
  }
  std::vector<uint32_t> pids;
  if (container.shim != nullptr && container.state.status != Status::kStopped) pids = TRY(container.shim->pids());
  if (options.format == "table") {
    TRY(print(filter(TRY(run_host_ps()), pids)));
    return 0;
  }
  JsonWriter json(false);
  json.begin_array();
  for (auto pid : pids) json.value(pid);
  json.end_array();
  TRY(print(json.text() + "\n"));
  return 0;
}

}  // namespace kata::cli
