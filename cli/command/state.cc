#include "cli/command/state.h"

#include <cstdio>

#include "cli/container/status.h"
#include "cli/output/output.h"
#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/oci/version.h"
#include "lib/text/json.h"

namespace kata::cli {

namespace {

// The stand-in is the container's process to the engine; nobody is when the container has ended.
pid_t shown_pid(const Container& container) {
  return container.state.status == Status::kStopped ? 0 : container.record.standin.pid;
}

void write_state(JsonWriter& json, const Container& container) {
  const auto& record = container.record;
  json.begin_object()
      .field("ociVersion", record.oci_version.empty() ? std::string(oci::kVersion) : record.oci_version)
      .field("id", record.id)
      .field("pid", shown_pid(container))
      .field("status", status_name(container.state.status))
      .field("bundle", record.bundle)
      .field("rootfs", record.rootfs)
      .field("created", record.created);
  if (!record.annotations.empty()) {
    json.begin_object("annotations");
    for (const auto& [name, value] : record.annotations) json.field(name, value);
    json.end_object();
  }
  json.field("owner", record.owner).end_object();
}

std::vector<Container> look_at_all(const std::vector<Place>& places) {
  std::vector<Container> out;
  for (const auto& place : places) {
    auto container = inspect(place);
    if (container) {
      out.push_back(std::move(container).value());
    } else {
      log::warning("list", container.error().message());
    }
  }
  return out;
}

Result<int> list_ids(const std::vector<Place>& places) {
  std::string out;
  for (const auto& place : places) out += place.id() + "\n";
  TRY(print(out));
  return 0;
}

std::string table(const std::vector<Container>& containers) {
  Table out({"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"});
  for (const auto& container : containers) {
    out.add({container.record.id, std::to_string(shown_pid(container)),
             std::string(status_name(container.state.status)), container.record.bundle, container.record.created,
             container.record.owner});
  }
  return out.text();
}

}  // namespace

Result<int> run_state(const Globals& globals, const std::string& id) {
  auto container = TRY(find_container(globals, id));
  JsonWriter json;
  write_state(json, container);
  TRY(print(json.text() + "\n"));
  return 0;
}

Result<int> run_list(const Globals& globals, const ListOptions& options) {
  auto places = TRY(all_places(globals));
  if (options.quiet) return list_ids(places);
  auto containers = look_at_all(places);
  if (options.format == "table") {
    TRY(print(table(containers)));
    return 0;
  }
  if (options.format != "json") {
    return Error::make(Code::kInvalidArgument, concat("unknown format \"", options.format, "\""))
        .hint("use --format table or --format json");
  }
  JsonWriter json(false);
  json.begin_array();
  for (const auto& container : containers) write_state(json, container);
  json.end_array();
  TRY(print(json.text() + "\n"));
  return 0;
}

}  // namespace kata::cli
