#include "cli/container/sweep.h"

#include <optional>

#include "cli/container/place_lock.h"
#include "cli/container/store.h"
#include "cli/container/teardown.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

// Its record, when nobody has a use for it any more. A record that cannot be read is for a person to look at.
std::optional<Record> forgotten(const Place& place) {
  auto record = place.load();
  // Of `do`, whose stand-in ends with the command: it was killed, or is about to remove this itself.
  if (record && record->owns_bundle && record->standin.pid > 0 && !still_runs(record->standin)) return *record;
  if (!record || record->bundle.empty() || still_runs(record->shim) || sys::exists(record->bundle)) return {};
  return *record;
}

void remove(const Place& place) {
  auto lock = PlaceLock::hold(place.root(), place.directory(), PlaceLock::Creation::kRespect);
  if (!lock || !lock->holds()) return;  // somebody is at work on it
  auto record = forgotten(place);       // it may be another container of that name by now
  if (!record) return;
  auto removed = tear_down(place, *record, true);
  if (!removed) {
    log::warning("sweep", "cannot remove a container without a bundle",
                 {{"container", place.id()}, {"error", removed.error().text()}});
    return;
  }
  log::info("sweep", "removed a container without a bundle", {{"container", place.id()}});
}

}  // namespace

void sweep(const Globals& globals) {
  auto places = all_places(globals);
  if (!places) return;  // whoever makes a place there says why
  for (const auto& place : *places) {
    if (forgotten(place)) remove(place);
  }
}

}  // namespace kata::cli
