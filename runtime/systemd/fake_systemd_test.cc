#include <poll.h>

#include <array>
#include <cstdlib>

#include "lib/base/concat.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket.h"
#include "runtime/systemd/fake_systemd_for_test.h"

namespace kata::systemd {

namespace {

constexpr char kManager[] = "org.freedesktop.systemd1";
constexpr char kObject[] = "/org/freedesktop/systemd1";

// A variant's value, and what it is in: "s", "b", "t" and "au" are all that we send.
std::string value_of(sd_bus_message* message) {
  char type = 0;
  const char* contents = nullptr;
  sd_bus_message_peek_type(message, &type, &contents);
  sd_bus_message_enter_container(message, 'v', contents);
  std::string out;
  if (std::string_view(contents) == "au") {
    const uint32_t* pids = nullptr;
    size_t bytes = 0;
    sd_bus_message_read_array(message, 'u', reinterpret_cast<const void**>(&pids), &bytes);
    for (size_t i = 0; i < bytes / sizeof *pids; ++i) out += concat(i == 0 ? "" : " ", pids[i]);
  } else if (*contents == 's') {
    const char* text = "";
    sd_bus_message_read(message, "s", &text);
    out = text;
  } else if (*contents == 'b') {
    int on = 0;
    sd_bus_message_read(message, "b", &on);
    out = on != 0 ? "true" : "false";
  } else {
    uint64_t number = 0;
    sd_bus_message_read(message, "t", &number);
    out = std::to_string(number);
  }
  sd_bus_message_exit_container(message);
  return out;
}

ManagerCall read_call(sd_bus_message* message) {
  ManagerCall out{sd_bus_message_get_member(message), {}, {}};
  for (;;) {
    char type = 0;
    const char* contents = nullptr;
    if (sd_bus_message_peek_type(message, &type, &contents) <= 0) return out;
    if (type == 's') {
      const char* text = "";
      sd_bus_message_read(message, "s", &text);
      out.words.emplace_back(text);
    } else if (type == 'a' && std::string_view(contents) == "(sv)") {
      sd_bus_message_enter_container(message, 'a', contents);
      while (sd_bus_message_enter_container(message, 'r', "sv") > 0) {
        const char* name = "";
        sd_bus_message_read(message, "s", &name);
        out.properties[name] = value_of(message);
        sd_bus_message_exit_container(message);
      }
      sd_bus_message_exit_container(message);
    } else {
      sd_bus_message_skip(message, nullptr);
    }
  }
}

}  // namespace

FakeSystemd::FakeSystemd(const std::string& directory) : path_(directory + "/bus") {
  listener_ = sys::unix_listen(path_).value();
  stop_ = sys::event_fd().value();
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", concat("unix:path=", path_).c_str(), 1);
  thread_ = sys::Thread::start("systemd", [this] { serve(); }).value();
}

FakeSystemd::~FakeSystemd() {
  ignore(sys::signal_event(stop_.get()));
  thread_.join();
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

void FakeSystemd::serve() {
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    if (!sys::poll(fds, std::chrono::milliseconds(-1)) || fds[1].revents != 0) return;
    auto stream = sys::accept(listener_.get());
    if (stream) serve_connection(std::move(*stream));
  }
}

void FakeSystemd::serve_connection(UniqueFd stream) {
  sd_bus* bus = nullptr;
  sd_id128_t id{};
  sd_bus_new(&bus);
  int fd = stream.release();
  sd_bus_set_fd(bus, fd, fd);
  sd_bus_set_server(bus, 1, id);
  sd_bus_set_trusted(bus, 1);
  sd_bus_add_filter(bus, nullptr, on_message, this);
  bool open = sd_bus_start(bus) >= 0;
  while (open) {
    int done = sd_bus_process(bus, nullptr);
    if (done < 0) break;
    if (done == 0) open = sd_bus_wait(bus, 1000000) >= 0 && !sys::wait_for(stop_.get(), POLLIN, {}).value_or(true);
  }
  sd_bus_flush_close_unref(bus);
}

int FakeSystemd::on_message(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
  if (sd_bus_message_get_member(message) == nullptr) return 0;
  return static_cast<FakeSystemd*>(self)->answer(message);
}

int FakeSystemd::answer(sd_bus_message* message) {
  std::string method = sd_bus_message_get_member(message);
  if (method == "Hello") return sd_bus_reply_method_return(message, "s", ":1.1");
  if (method == "AddMatch" || method == "RemoveMatch" || method == "Subscribe") {
    return sd_bus_reply_method_return(message, "");
  }
  std::string error;
  std::string description;
  {
    MutexLock lock(mutex_);
    calls_.push_back(read_call(message));
    auto found = refusals_.find(method);
    if (found != refusals_.end()) error = found->second;
    description = description_;
  }
  if (!error.empty()) return sd_bus_reply_method_errorf(message, error.c_str(), "the fake says no");
  if (method == "Get") return sd_bus_reply_method_return(message, "v", "s", description.c_str());
  if (method == "StartTransientUnit" || method == "StopUnit" || method == "ReloadUnit") return answer_job(message);
  return sd_bus_reply_method_return(message, "");
}

// The job is over before its caller knows its name.
int FakeSystemd::answer_job(sd_bus_message* message) {
  constexpr char kJob[] = "/org/freedesktop/systemd1/job/7";
  std::string result;
  {
    MutexLock lock(mutex_);
    result = job_result_;
  }
  sd_bus_message* news = nullptr;
  auto* bus = sd_bus_message_get_bus(message);
  sd_bus_message_new_signal(bus, &news, kObject, "org.freedesktop.systemd1.Manager", "JobRemoved");
  sd_bus_message_append(news, "uoss", 7, kJob, "x.scope", result.c_str());
  sd_bus_message_set_sender(news, kManager);
  sd_bus_send(bus, news, nullptr);
  sd_bus_message_unref(news);
  return sd_bus_reply_method_return(message, "o", kJob);
}

void FakeSystemd::refuse(const std::string& method, const std::string& error) {
  MutexLock lock(mutex_);
  refusals_[method] = error;
}

void FakeSystemd::end_jobs_with(const std::string& result) {
  MutexLock lock(mutex_);
  job_result_ = result;
}

void FakeSystemd::describe_units_as(const std::string& description) {
  MutexLock lock(mutex_);
  description_ = description;
}

std::vector<ManagerCall> FakeSystemd::calls() const {
  MutexLock lock(mutex_);
  return calls_;
}

}  // namespace kata::systemd
