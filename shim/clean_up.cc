#include <charconv>
#include <csignal>

#include "lib/base/log.h"
#include "lib/oci/id.h"
#include "lib/oci/json.h"
#include "lib/oci/pod.h"
#include "lib/proto/shim.pb.h"
#include "lib/sys/file.h"
#include "lib/sys/socket.h"
#include "runtime/host_resources/files.h"
#include "runtime/journal/journal.h"
#include "runtime/pod_journal/kinds.h"
#include "runtime/sandbox/sandbox.h"
#include "shim/actions.h"
#include "shim/socket_path.h"
#include "shim/timestamp.h"

namespace kata::shim {

namespace {

// The bundle may be gone or broken: then the container is its own pod.
oci::Membership find_membership(const Options& options, const std::string& bundle) {
  if (!options.sandbox_id.empty()) return {options.sandbox_id, false};
  if (auto spec = oci::load_bundle(bundle)) {
    if (auto member = oci::membership(options.id, oci::annotations_of(*spec))) return *member;
  }
  return {options.id, false};
}

uint32_t recorded_pid(const std::string& bundle) {
  auto text = sys::read_regular_file(bundle + "/shim.pid", 64);
  uint32_t pid = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), pid);
  return pid;
}

std::string response(const std::string& bundle) {
  containerd::task::v2::DeleteResponse out;
  out.set_pid(recorded_pid(bundle));
  out.set_exit_status(128 + SIGKILL);
  set_now(*out.mutable_exited_at());
  return out.SerializeAsString();
}

// containerd says "delete" for every task whose connection has ended, also when it ended it itself. A pod's first
// container may be deleted before the others, and then its shim lives on and gives everything back itself.
bool is_served(const Options& options, const std::string& sandbox_id) {
  return !options.address.empty() &&
         sys::unix_connect(socket_path(options.address, options.name_space, sandbox_id)).ok();
}

}  // namespace

Result<std::string> clean_up(const Options& options) {
  auto bundle = options.bundle;
  if (bundle.empty()) bundle = sys::real_path(".").value_or("");
  auto member = find_membership(options, bundle);
  TRY(oci::check_id("sandbox", member.sandbox_id));
  // A container that joined a pod left nothing of its own: the pod's shim has it all.
  if (!member.joins && !is_served(options, member.sandbox_id)) {
    auto real = sys::real_path(bundle).value_or("");
    auto roots = journal_roots(run_directory(), storage::shared_base(), real);
    auto journal = journal_path(run_directory(), member.sandbox_id);
    // What cannot be undone is logged there, and its journal stays. The engine gets its answer in any case.
    auto undone = journal::replay(journal, journal_kinds(), roots);
    // A shim that died between making its directory and its journal.
    if (undone) ignore(host::remove_tree(run_directory() + "/" + member.sandbox_id));
    if (!options.address.empty()) {
      ignore(sys::remove_file(socket_path(options.address, options.name_space, member.sandbox_id)));
    }
  }
  return response(bundle);
}

}  // namespace kata::shim
