#include "cli/container/store.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/concat.h"
#include "lib/oci/id.h"
#include "lib/sys/file.h"

namespace kata::cli {

namespace {

constexpr mode_t kPrivate = 0700;
constexpr char kRecord[] = "record.json";
constexpr char kLock[] = "create.lock";

}  // namespace

Result<> Place::save(const Record& record) const {
  return sys::write_file_atomic(file(kRecord), to_json(record), 0600);
}

Result<Record> Place::load() const {
  auto path = file(kRecord);
  return TRY_WRAP(parse_record(TRY(sys::read_file(path))), path);
}

Result<NewPlace> make_place(const Globals& globals, const std::string& id) {
  TRY(oci::check_id("container", id));
  TRY_WRAP(sys::make_directories(globals.root, 0711), "making the state directory");
  NewPlace out{Place(globals.root, id), {}};
  auto made = sys::make_directory(out.place.directory(), kPrivate);
  if (!made && made.error().is_errno(EEXIST)) {
    return Error::make(Code::kAlreadyExists, concat("container \"", id, "\" already exists"))
        .hint(concat("run kata-runtime delete ", id));
  }
  TRY_WRAP(made, concat("container \"", id, "\""));
  auto lock = sys::open(out.place.file(kLock), O_RDWR | O_CREAT, 0600);
  if (!lock || ::flock(lock->get(), LOCK_EX | LOCK_NB) < 0) {
    auto error = lock ? Error::sys(errno, "flock", out.place.file(kLock)) : lock.error();
    ignore(sys::remove_tree(out.place.directory()));  // the first error is the one to tell
    return error;
  }
  out.lock = std::move(lock).value();
  return out;
}

Result<Place> find_place(const Globals& globals, const std::string& id) {
  TRY(oci::check_id("container", id));
  Place place(globals.root, id);
  if (!sys::exists(place.directory())) {
    return Error::make(Code::kNotFound, concat("container \"", id, "\" does not exist"));
  }
  return place;
}

bool being_created(const Place& place) {
  auto lock = sys::open(place.file(kLock), O_RDWR);
  return lock && ::flock(lock->get(), LOCK_EX | LOCK_NB) < 0;
}

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
