// task SOCKET create ID BUNDLE OUTPUT [TYPE SOURCE [OPTION]...] | start ID | wait ID | kill ID | delete ID |
//   run ID BUNDLE STDOUT STDERR
// What containerd asks of a shim, for what no command line can: more containers in one pod, and root file systems that
// the engine wants mounted. `wait` and `run` print the exit status; OUTPUT, STDOUT and STDERR are files.
#include <cstdio>
#include <string>
#include <string_view>

#include "lib/proto/shim.pb.h"
#include "lib/sys/socket.h"
#include "lib/ttrpc/client.h"

namespace {

namespace api = containerd::task::v2;

template <typename Response, typename Request>
kata::Result<Response> call(kata::ttrpc::Client& client, std::string_view method, const Request& request) {
  auto bytes =
      TRY(client.call("containerd.task.v2.Task", method, request.SerializeAsString(), std::chrono::minutes(5)));
  Response response;
  if (!response.ParseFromString(bytes)) return kata::Error::make(kata::Code::kInternal, "malformed answer");
  return response;
}

kata::Result<> create(kata::ttrpc::Client& client, int count, char* words[]) {
  api::CreateTaskRequest request;
  request.set_id(words[0]);
  request.set_bundle(words[1]);
  request.set_stdout(std::string("file://") + words[2]);
  request.set_stderr(request.stdout());
  if (count > 4) {
    auto* rootfs = request.add_rootfs();
    rootfs->set_type(words[3]);
    rootfs->set_source(words[4]);
    for (int i = 5; i < count; ++i) rootfs->add_options(words[i]);
  }
  TRY(call<api::CreateTaskResponse>(client, "Create", request));
  return {};
}

template <typename Request, typename Response>
kata::Result<Response> simple(kata::ttrpc::Client& client, std::string_view method, const char* id) {
  Request request;
  request.set_id(id);
  if constexpr (requires { request.set_signal(9U); }) request.set_signal(9);
  return call<Response>(client, method, request);
}

// The whole life of a container; whatever fails, nothing of it is left.
kata::Result<uint32_t> whole_life(kata::ttrpc::Client& client, char* words[]) {
  api::CreateTaskRequest request;
  request.set_id(words[0]);
  request.set_bundle(words[1]);
  request.set_stdout(std::string("file://") + words[2]);
  request.set_stderr(std::string("file://") + words[3]);
  TRY(call<api::CreateTaskResponse>(client, "Create", request));
  auto ended = [&]() -> kata::Result<uint32_t> {
    TRY((simple<api::StartRequest, api::StartResponse>(client, "Start", words[0])));
    return TRY((simple<api::WaitRequest, api::WaitResponse>(client, "Wait", words[0]))).exit_status();
  }();
  TRY((simple<api::DeleteRequest, api::DeleteResponse>(client, "Delete", words[0])));
  return ended;
}

kata::Result<> run(const std::string& socket, std::string_view what, int count, char* words[]) {
  auto client = TRY(kata::ttrpc::Client::create(TRY(kata::sys::unix_connect(socket))));
  if (what == "create" && count >= 3) return create(*client, count, words);
  if (what == "run" && count == 4) {
    std::printf("%u\n", TRY(whole_life(*client, words)));
  } else if (what == "start") {
    TRY((simple<api::StartRequest, api::StartResponse>(*client, "Start", words[0])));
  } else if (what == "kill") {
    TRY((simple<api::KillRequest, google::protobuf::Empty>(*client, "Kill", words[0])));
  } else if (what == "delete") {
    TRY((simple<api::DeleteRequest, api::DeleteResponse>(*client, "Delete", words[0])));
  } else if (what == "wait") {
    auto response = TRY((simple<api::WaitRequest, api::WaitResponse>(*client, "Wait", words[0])));
    std::printf("%u\n", response.exit_status());
  } else {
    return kata::Error::make(kata::Code::kInvalidArgument, "create, start, wait, kill, delete or run?");
  }
  return {};
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 4) {
    std::fputs(
        "usage: task SOCKET create ID BUNDLE OUTPUT [TYPE SOURCE [OPTION]...] | start|wait|kill|delete ID | "
        "run ID BUNDLE STDOUT STDERR\n",
        stderr);
    return 2;
  }
  auto done = run(argv[1], argv[2], argc - 3, argv + 3);
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
