// forward_event SOCKET NAMESPACE CONTAINER STATUS [TOPIC]: sends a TaskExit event to containerd's ttrpc
// service, as the shim does. For the test of our client against a server that we did not write.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "lib/proto/events.ttrpc.h"
#include "lib/proto/task_events.pb.h"
#include "lib/sys/socket.h"

namespace {

namespace api = containerd::services::events::ttrpc::v1;

api::ForwardRequest make_request(char* argv[], const char* topic) {
  containerd::events::TaskExit exit;
  exit.set_container_id(argv[3]);
  exit.set_id(argv[3]);
  exit.set_pid(4711);
  exit.set_exit_status(static_cast<uint32_t>(std::strtoul(argv[4], nullptr, 10)));
  api::ForwardRequest request;
  auto& envelope = *request.mutable_envelope();
  auto now = std::chrono::system_clock::now().time_since_epoch();
  envelope.mutable_timestamp()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  envelope.set_namespace_(argv[2]);
  envelope.set_topic(topic);
  envelope.mutable_event()->set_type_url("containerd.events.TaskExit");
  exit.SerializeToString(envelope.mutable_event()->mutable_value());
  return request;
}

kata::Result<> forward(char* argv[], const char* topic) {
  auto client = TRY(kata::ttrpc::Client::create(TRY(kata::sys::unix_connect(argv[1]))));
  TRY(api::EventsClient(*client).forward(make_request(argv, topic), std::chrono::seconds(20)));
  return {};
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 5) {
    std::fputs("usage: forward_event SOCKET NAMESPACE CONTAINER STATUS [TOPIC]\n", stderr);
    return 2;
  }
  auto sent = forward(argv, argc > 5 ? argv[5] : "/tasks/exit");
  if (sent.ok()) return 0;
  std::fprintf(stderr, "code %d: %s\n", static_cast<int>(sent.error().code()), sent.error().message().c_str());
  return 1;
}
