#include "cli/container/store.h"

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

constexpr char kRecord[] = "record.json";

}  // namespace

Result<> Place::save(const Record& record) const {
  return sys::write_file_atomic(file(kRecord), to_json(record), 0600);
}

Result<Record> Place::load() const {
  auto path = file(kRecord);
  return TRY_WRAP(parse_record(TRY(sys::read_regular_file(path))), path);
}

Result<NewPlace> make_place(const Globals& globals, const std::string& id) {
  TRY(oci::check_id("container", id));
  TRY_WRAP(sys::make_directories(globals.root, 0711), "making the state directory");
  Place place(globals.root, id);
  auto lock = PlaceLock::make_and_hold(globals.root, place.directory());
  if (!lock && lock.error().is_errno(EEXIST)) {
    return Error::make(Code::kAlreadyExists, concat("container \"", id, "\" already exists"))
        .hint(concat("run kata-runtime delete ", id));
  }
  return NewPlace{std::move(place), TRY_WRAP(std::move(lock), concat("container \"", id, "\""))};
}

Result<Place> find_place(const Globals& globals, const std::string& id) {
  TRY(oci::check_id("container", id));
  Place place(globals.root, id);
  if (!sys::exists(place.directory())) {
    return Error::make(Code::kNotFound, concat("container \"", id, "\" does not exist"));
  }
  return place;
}

std::string sandbox_of(const Globals& globals, const std::string& id) {
  auto place = find_place(globals, id);
  auto record = place ? place->load() : Result<Record>(place.error());
  return record ? record->sandbox_id : id;
}

bool being_created(const Place& place) { return being_created(place.root(), place.directory()); }

Result<std::vector<Place>> all_places(const Globals& globals) {
  std::vector<Place> out;
  if (!sys::exists(globals.root)) return out;
  auto names = TRY(sys::list_directory(globals.root));
  std::sort(names.begin(), names.end());
  for (auto& name : names) {
    if (oci::check_id("container", name)) out.emplace_back(globals.root, std::move(name));
  }
  return out;
}

}  // namespace kata::cli
