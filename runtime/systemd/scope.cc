#include "runtime/systemd/scope.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "runtime/systemd/library.h"

namespace kata::systemd {

namespace {

constexpr char kService[] = "org.freedesktop.systemd1";
constexpr char kObject[] = "/org/freedesktop/systemd1";
constexpr char kManager[] = "org.freedesktop.systemd1.Manager";
constexpr char kUnit[] = "org.freedesktop.systemd1.Unit";
constexpr char kNoUnit[] = "org.freedesktop.systemd1.NoSuchUnit";
constexpr char kUnitExists[] = "org.freedesktop.systemd1.UnitExists";

using Clock = std::chrono::steady_clock;

// What systemd says of a job once it is over.
struct Job {
  std::string path;    // ours; empty until we know it
  std::string result;  // "done", "failed", …
  std::vector<std::pair<std::string, std::string>> seen;
  const Library* library = nullptr;
};

int job_removed(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
  auto* job = static_cast<Job*>(data);
  uint32_t id = 0;
  const char* path = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (job->library->read(message, "uoss", &id, &path, &unit, &result) >= 0) job->seen.emplace_back(path, result);
  return 0;
}

// A connection, and the library that it needs.
class Bus {
 public:
  static Result<std::unique_ptr<Bus>> open() {
    auto out = std::make_unique<Bus>();
    out->library_ = TRY(Library::load());
    int opened = out->library_->open_system(&out->bus_);
    if (opened >= 0) return out;
    return Error::make(Code::kUnavailable, concat("cannot reach the system bus: ", std::strerror(-opened)))
        .hint("start systemd and dbus, which a cgroup path of the form slice:prefix:name needs");
  }
  ~Bus() {
    if (bus_ != nullptr) library_->close(bus_);
  }

  const Library& library() const { return *library_; }
  sd_bus* get() const { return bus_; }

  // A call of the manager; `fill` appends its arguments. An answer that is a job's path is waited for.
  Result<> run(const char* method, const std::function<int(sd_bus_message*)>& fill, bool is_job);

  std::string property(const std::string& unit, const char* name) const;

 private:
  Result<> wait_for_job();

  std::unique_ptr<Library> library_;
  Job job_;  // as long as the connection, which calls back
  sd_bus* bus_ = nullptr;
};

Error error_of(const char* method, int code, const sd_bus_error& error) {
  std::string name = error.name != nullptr ? error.name : "";
  auto text = concat("systemd's ", method, ": ", error.message != nullptr ? error.message : std::strerror(-code));
  if (name == kNoUnit) return Error::make(Code::kNotFound, text);
  if (name == kUnitExists) return Error::make(Code::kAlreadyExists, text);
  bool absent = name.find("ServiceUnknown") != std::string::npos || name.find("NameHasNoOwner") != std::string::npos ||
                name.find("Spawn.") != std::string::npos;
  return Error::make(absent || code == -ENOTCONN ? Code::kUnavailable : Code::kInternal, text);
}

Result<> Bus::wait_for_job() {
  auto deadline = Clock::now() + kTimeout;
  for (;;) {
    for (const auto& [path, result] : job_.seen) {
      if (path == job_.path) job_.result = result;
    }
    if (!job_.result.empty()) break;
    int done = library_->process(bus_, nullptr);
    if (done < 0) return Error::make(Code::kUnavailable, concat("the system bus broke: ", std::strerror(-done)));
    if (done > 0) continue;
    auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Error::make(Code::kDeadlineExceeded, "systemd did not finish in time");
    library_->wait(bus_, static_cast<uint64_t>(left));
  }
  if (job_.result == "done" || job_.result == "skipped") return {};
  return Error::make(Code::kInternal, concat("systemd says \"", job_.result, "\""));
}

Result<> Bus::run(const char* method, const std::function<int(sd_bus_message*)>& fill, bool is_job) {
  if (is_job) {
    job_ = Job{.library = library_.get()};
    // Before the job begins: it may be over when the answer is here.
    library_->call_method(bus_, kService, kObject, kManager, "Subscribe", nullptr, nullptr, "");
    int matched = library_->match_signal(bus_, nullptr, kService, kObject, kManager, "JobRemoved", job_removed, &job_);
    if (matched < 0) return error_of("JobRemoved", matched, {});
  }
  sd_bus_message* message = nullptr;
  sd_bus_message* reply = nullptr;
  sd_bus_error error = SD_BUS_ERROR_NULL;
  auto clean = defer([&] {
    library_->free_error(&error);
    library_->unref_message(message);
    library_->unref_message(reply);
  });
  int code = library_->new_call(bus_, &message, kService, kObject, kManager, method);
  if (code >= 0) code = fill(message);
  auto timeout = std::chrono::microseconds(kTimeout).count();
  if (code >= 0) code = library_->call(bus_, message, static_cast<uint64_t>(timeout), &error, &reply);
  if (code < 0) return error_of(method, code, error);
  if (!is_job) return {};
  const char* path = nullptr;
  if (library_->read(reply, "o", &path) < 0) return Error::make(Code::kDataLoss, "systemd's answer has no job");
  job_.path = path;
  return wait_for_job();
}

std::string Bus::property(const std::string& unit, const char* name) const {
  char* path = nullptr;
  char* value = nullptr;
  if (library_->encode_path("/org/freedesktop/systemd1/unit", unit.c_str(), &path) < 0) return {};
  library_->get_string(bus_, kService, path, kUnit, name, nullptr, &value);
  std::string out = value != nullptr ? value : "";
  std::free(path);
  std::free(value);
  return out;
}

int append_processes(const Library& library, sd_bus_message* message, const std::vector<pid_t>& processes) {
  std::vector<uint32_t> pids(processes.begin(), processes.end());
  int code = library.open_container(message, SD_BUS_TYPE_STRUCT, "sv");
  if (code >= 0) code = library.append(message, "s", "PIDs");
  if (code >= 0) code = library.open_container(message, SD_BUS_TYPE_VARIANT, "au");
  if (code >= 0) code = library.append_array(message, 'u', pids.data(), pids.size() * sizeof(uint32_t));
  if (code >= 0) code = library.close_container(message);
  return code < 0 ? code : library.close_container(message);
}

int append_scope(const Library& library, sd_bus_message* message, const Scope& scope) {
  int code = library.append(message, "ss", scope.name.c_str(), "fail");
  if (code >= 0) code = library.open_container(message, SD_BUS_TYPE_ARRAY, "(sv)");
  if (code >= 0) {
    // Accounting makes the controllers available, delegation lets us make groups of our own in it.
    code = library.append(message, "(sv)(sv)(sv)(sv)", "Description", "s", description_of(scope.name).c_str(), "Slice",
                          "s", scope.slice.c_str(), "Delegate", "b", 1, "DefaultDependencies", "b", 0);
  }
  if (code >= 0) {
    code = library.append(message, "(sv)(sv)(sv)(sv)(sv)", "CPUAccounting", "b", 1, "MemoryAccounting", "b", 1,
                          "TasksAccounting", "b", 1, "IOAccounting", "b", 1, "CollectMode", "s", "inactive-or-failed");
  }
  if (code >= 0) code = append_processes(library, message, scope.processes);
  if (code >= 0) code = library.close_container(message);
  return code < 0 ? code : library.append(message, "a(sa(sv))", 0);
}

int append_limit(const Library& library, sd_bus_message* message, const char* name,
                 const std::optional<uint64_t>& value) {
  return value ? library.append(message, "(sv)", name, "t", *value) : 0;
}

}  // namespace

bool is_scope_name(const std::string& name) {
  constexpr std::string_view kEnd = ".scope";
  constexpr size_t kLongest = 255;  // UNIT_NAME_MAX
  if (name.size() <= kEnd.size() || name.size() > kLongest || !name.ends_with(kEnd)) return false;
  for (unsigned char c : name) {
    if (std::isalnum(c) == 0 && std::strchr(":-_.\\", c) == nullptr) return false;
  }
  return name.find('\0') == std::string::npos;
}

std::string description_of(const std::string& name) { return "Kata Containers: " + name; }

Result<> start_scope(const Scope& scope) {
  auto bus = TRY(Bus::open());
  const auto& library = bus->library();
  return bus
      ->run(
          "StartTransientUnit", [&](sd_bus_message* message) { return append_scope(library, message, scope); }, true)
      .wrap(concat("making the unit ", scope.name, " in ", scope.slice));
}

Result<> set_limits(const std::string& name, const Limits& limits) {
  auto bus = TRY(Bus::open());
  const auto& library = bus->library();
  auto fill = [&](sd_bus_message* message) {
    int code = library.append(message, "sb", name.c_str(), 1);
    if (code >= 0) code = library.open_container(message, SD_BUS_TYPE_ARRAY, "(sv)");
    if (code >= 0) code = append_limit(library, message, "MemoryMax", limits.memory_max);
    if (code >= 0) code = append_limit(library, message, "CPUQuotaPerSecUSec", limits.cpu_quota);
    if (code >= 0) code = append_limit(library, message, "CPUWeight", limits.cpu_weight);
    if (code >= 0) code = append_limit(library, message, "CPUShares", limits.cpu_shares);
    return code < 0 ? code : library.close_container(message);
  };
  return bus->run("SetUnitProperties", fill, false).wrap(concat("limiting the unit ", name));
}

Result<> stop_scope(const std::string& name) {
  auto bus = TRY(Bus::open());
  const auto& library = bus->library();
  if (bus->property(name, "Description") != description_of(name)) return {};
  auto stopped = bus->run(
      "StopUnit", [&](sd_bus_message* message) { return library.append(message, "ss", name.c_str(), "replace"); },
      true);
  ignore(bus->run(  // one that did not fail has nothing to forget
      "ResetFailedUnit", [&](sd_bus_message* message) { return library.append(message, "s", name.c_str()); }, false));
  if (!stopped && stopped.error().is(Code::kNotFound)) return {};
  return std::move(stopped).wrap(concat("stopping the unit ", name));
}

Result<> reload_unit(const std::string& name) {
  auto bus = TRY(Bus::open());
  const auto& library = bus->library();
  auto fill = [&](sd_bus_message* message) { return library.append(message, "ss", name.c_str(), "replace"); };
  return bus->run("ReloadUnit", fill, true).wrap(concat("reloading the unit ", name));
}

}  // namespace kata::systemd
