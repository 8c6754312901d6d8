#include "cli/container/companions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/pod.h"
#include "lib/proto/oci.pb.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

// Nothing: the pod has no sandbox, and may do without one.
Result<std::optional<Companion>> sandbox_of_pod(const Globals& globals, const oci::Membership& member) {
  const auto& sandbox = member.sandbox_id;
  auto place = find_place(globals, sandbox);
  if (!place && place.error().is(Code::kNotFound) && member.may_be_alone) return std::optional<Companion>();
  if (!place) {
    return place.error()
        .wrap("the pod that the container's annotations name")
        .hint(concat("make the pod's sandbox first, with the same --root (", globals.root, ")"));
  }
  auto record = TRY_WRAP(place->load(), concat("the pod's sandbox \"", sandbox, "\""));
  if (!still_runs(record.shim)) {
    return Error::make(Code::kFailedPrecondition, concat("the pod's sandbox \"", sandbox, "\" has ended"))
        .hint("make the pod anew");
  }
  return std::optional(Companion{*place, std::move(record)});
}

// Its stand-in is in the network namespace. What cannot be looked at is not it.
bool is_in(const struct stat& network, const Record& record) {
  if (!still_runs(record.standin) || !still_runs(record.shim)) return false;
  auto own = sys::stat(concat("/proc/", record.standin.pid, "/ns/net"));
  return own && sys::is_same_file(*own, network);
}

Result<std::optional<Companion>> owner_of_network(const Globals& globals, const std::string& id,
                                                  const std::string& path) {
  auto network = sys::stat(path);
  auto hosts = sys::stat("/proc/self/ns/net");
  // Whoever needs the namespace says what is wrong with it.
  if (!network || !hosts || sys::is_same_file(*network, *hosts)) return std::optional<Companion>();
  for (const auto& place : TRY(all_places(globals))) {
    auto record = place.load();
    if (place.id() != id && record && is_in(*network, *record)) return std::optional(Companion{place, *record});
  }
  return std::optional<Companion>();
}

}  // namespace

Result<std::optional<Companion>> find_companion(const Globals& globals, const std::string& id, const grpc::Spec& spec) {
  auto member = TRY(oci::membership(id, oci::annotations_of(spec)));
  if (member.joins) {
    auto sandbox = TRY(sandbox_of_pod(globals, member));
    if (sandbox) return sandbox;
  }
  auto path = oci::network_path(spec);
  if (path.empty()) return std::optional<Companion>();
  return owner_of_network(globals, id, path);
}

Result<> join(const Companion& companion, const Place& place, Record& record) {
  const auto& theirs = companion.place;
  for (const auto& [from, to] :
       {std::pair(theirs.socket(), place.socket()), std::pair(theirs.shim_stderr(), place.shim_stderr())}) {
    if (::link(from.c_str(), to.c_str()) == 0) continue;
    return Error::sys(errno, "link", to).wrap(concat("joining the machine of container \"", theirs.id(), "\""));
  }
  record.sandbox_id = companion.record.sandbox_id;
  record.shim = companion.record.shim;
  log::info("create", "joins a machine", {{"container", record.id}, {"with", theirs.id()}});
  return {};
}

Result<bool> has_companions(const Place& place, const Record& record) {
  Globals globals;
  globals.root = place.root();
  auto places = TRY(all_places(globals));
  return std::any_of(places.begin(), places.end(), [&](const Place& other) {
    auto theirs = other.load();
    return other.id() != place.id() && theirs && theirs->sandbox_id == record.sandbox_id;
  });
}

}  // namespace kata::cli
