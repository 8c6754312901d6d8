// A system bus with nobody on it but systemd's manager, which writes down what it is asked. Only for tests: sd-bus's
// own server plays both at the far end of a Unix socket, which the environment names as the system bus.
#pragma once

#include <systemd/sd-bus.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/unique_fd.h"
#include "lib/sys/thread.h"

namespace kata::systemd {

// One call of the manager: "StartTransientUnit", its strings, and the unit's properties as text ("Delegate" → "true").
struct ManagerCall {
  std::string method;
  std::vector<std::string> words;
  std::map<std::string, std::string> properties;
};

class FakeSystemd {
 public:
  explicit FakeSystemd(const std::string& directory);  // for the socket; it sets DBUS_SYSTEM_BUS_ADDRESS
  ~FakeSystemd();
  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;

  // What it answers from now on: a method's error ("org.freedesktop.systemd1.UnitExists"), a job's result, the
  // description of every unit.
  void refuse(const std::string& method, const std::string& error);
  void end_jobs_with(const std::string& result);
  void describe_units_as(const std::string& description);

  std::vector<ManagerCall> calls() const;

 private:
  void serve();
  void serve_connection(UniqueFd stream);
  static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);
  int answer(sd_bus_message* message);
  int answer_job(sd_bus_message* message) EXCLUDES(mutex_);

  std::string path_;
  UniqueFd listener_;
  UniqueFd stop_;
  mutable Mutex mutex_;
  std::map<std::string, std::string> refusals_ GUARDED_BY(mutex_);
  std::string job_result_ GUARDED_BY(mutex_) = "done";
  std::string description_ GUARDED_BY(mutex_);
  std::vector<ManagerCall> calls_ GUARDED_BY(mutex_);
  sys::Thread thread_;
};

}  // namespace kata::systemd
