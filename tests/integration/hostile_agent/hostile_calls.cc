#include "tests/integration/hostile_agent/hostile_calls.h"

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "lib/base/concat.h"
#include "lib/proto/agent.pb.h"
#include "lib/ttrpc/frame.h"

namespace kata::hostile {

namespace {

// Clears a terminal, renames its window, and asks it to type.
constexpr std::string_view kControl =
    "\x1b[2J\x1b]0;owned\x07\x1b[5n\x9b"
    "6n\r\n";
constexpr size_t kLong = 1U << 20U;

std::string text_of(size_t size) {
  std::string out;
  while (out.size() < size) out += kControl;
  return out;
}

[[noreturn]] void never() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

bool is_one_of(std::string_view method, std::initializer_list<std::string_view> names) {
  for (auto name : names) {
    if (name == method) return true;
  }
  return false;
}

// A frame longer than any may be, answers to calls that nobody made, the same answer twice, and noise.
std::string wrong_frames() {
  std::string out;
  auto header = [&out](const ttrpc::FrameHeader& frame) {
    auto bytes = ttrpc::encode_header(frame);
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (uint32_t stream = 1; stream < 64; ++stream) {
    for (int twice = 0; twice < 2; ++twice) {
      header({.length = 8, .stream = stream, .type = static_cast<uint8_t>(ttrpc::FrameType::kResponse)});
      out += "\xff\xff\xff\xff\xff\xff\xff\x0f";
    }
  }
  header({.length = ~0U, .stream = 1, .type = static_cast<uint8_t>(ttrpc::FrameType::kResponse)});
  return out + text_of(kLong);
}

// Whatever the process has open that leads to the host: the port, its streams, the API's connections.
void send_to_all(const std::string& bytes) {
  for (int fd = 3; fd < 1024; ++fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !(S_ISSOCK(info.st_mode) || S_ISCHR(info.st_mode))) continue;
    std::thread([fd, bytes] {
      for (int i = 0; i < 64; ++i) {
        if (::write(fd, bytes.data(), bytes.size()) < 0) return;
      }
    }).detach();
  }
}

}  // namespace

Result<std::string> HostileCalls::dispatch(std::string_view method, const ttrpc::Context& context,
                                           std::string_view payload) {
  if (started_ && !mode_.empty()) return misbehave(method, context, payload);
  auto out = agent_.dispatch(method, context, payload);
  if (method == "StartContainer") {
    started_ = true;
    if (mode_ == "frames") std::thread([] { send_to_all(wrong_frames()); }).detach();
  }
  return out;
}

Result<std::string> HostileCalls::flood(std::string_view method, const ttrpc::Context& context,
                                        std::string_view payload) {
  // Else the outputs would not be asked for by calls.
  if (method == "OpenStream") return Error::make(Code::kUnimplemented, "no such method");
  if (is_one_of(method, {"ReadStdout", "ReadStderr"})) {
    grpc::ReadStreamResponse out;
    out.set_data(text_of(kLong));
    return out.SerializeAsString();
  }
  if (method == "GetOOMEvent") {
    grpc::OOMEvent out;
    out.set_container_id(text_of(kLong));
    return out.SerializeAsString();
  }
  if (method == "GetMetrics") {
    grpc::Metrics out;
    out.set_metrics(text_of(4 * kLong - 100));
    return out.SerializeAsString();
  }
  if (method == "StatsContainer") {
    grpc::StatsContainerResponse out;
    for (int i = 0; i < 100'000; ++i)
      out.mutable_cgroup_stats()->mutable_cpu_stats()->mutable_cpu_usage()->add_percpu_usage(~0ULL);
    return out.SerializeAsString();
  }
  return agent_.dispatch(method, context, payload);
}

Result<std::string> HostileCalls::misbehave(std::string_view method, const ttrpc::Context& context,
                                            std::string_view payload) {
  if (mode_ == "mute") never();
  if (mode_ == "refuse") return Error::make(Code::kInternal, text_of(kLong));
  if (mode_ == "garbage") return text_of(kLong);
  if (mode_ == "flood") return flood(method, context, payload);
  if (mode_ == "deaf") {
    if (is_one_of(method, {"SignalProcess", "RemoveContainer", "DestroySandbox"})) return std::string();
    if (method == "WaitProcess") never();
  }
  return agent_.dispatch(method, context, payload);
}

}  // namespace kata::hostile
