// <root>: one directory for each container, named by its id.
#pragma once

#include <string>
#include <vector>

#include "cli/container/globals.h"
#include "cli/container/place_lock.h"
#include "cli/container/record.h"
#include "lib/base/result.h"

namespace kata::cli {

// A container's directory. Copyable; holds nothing open.
class Place {
 public:
  Place(std::string root, std::string id) : root_(std::move(root)), id_(std::move(id)) {}

  const std::string& root() const { return root_; }
  const std::string& id() const { return id_; }
  std::string directory() const { return root_ + "/" + id_; }
  std::string socket() const { return directory() + "/shim.sock"; }
  // What the shim wrote on its stderr: why it died, when it did so before it could answer.
  std::string shim_stderr() const { return directory() + "/shim.err"; }
  std::string file(const std::string& name) const { return directory() + "/" + name; }

  Result<> save(const Record& record) const;
  Result<Record> load() const;

 private:
  std::string root_;
  std::string id_;
};

// A new directory, held for the creation of its container; an id that exists is kAlreadyExists.
struct NewPlace {
  Place place;
  PlaceLock lock;
};
Result<NewPlace> make_place(const Globals& globals, const std::string& id);

// A container that exists; kNotFound otherwise: container "x" does not exist.
Result<Place> find_place(const Globals& globals, const std::string& id);

// The sandbox of a container; where there is no such container, the id is one itself.
std::string sandbox_of(const Globals& globals, const std::string& id);

// Somebody is creating it right now.
bool being_created(const Place& place);

// Every container's place, sorted by id. A root that does not exist has none.
Result<std::vector<Place>> all_places(const Globals& globals);

}  // namespace kata::cli
