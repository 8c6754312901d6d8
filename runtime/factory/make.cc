#include "runtime/factory/make.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "lib/base/concat.h"
#include "lib/base/defer.h"
#include "lib/base/log.h"
#include "lib/sys/file.h"

namespace kata::factory {

namespace {

// A directory that clones share by 9p is an empty one here.
hypervisor::VmConfig template_of(const hypervisor::VmConfig& config, const std::string& directory) {
  auto out = hypervisor::to_be_saved(config);
  out.id = "template";
  out.directory = directory;
  for (auto& one : out.shared) one.path = directory + "/empty";
  return out;
}

Result<> boot_and_save(const hypervisor::Driver& driver, const hypervisor::VmConfig& config, Machine::Settings settings,
                       const std::string& directory) {
  auto machine = TRY(Machine::create(TRY(driver.create(config)), std::move(settings)));
  TRY(machine->start());
  TRY(machine->connect());
  // It answers when the agent has finished its part of the boot.
  TRY(machine->agent().guest_details());
  TRY_WRAP(machine->vm().save(directory), "saving the machine");
  machine->stop();
  return {};
}

Result<> make_at(const std::string& base, const std::string& place, const hypervisor::Driver& driver,
                 const hypervisor::VmConfig& config, Machine::Settings settings) {
  auto unfinished = TRY(sys::make_temporary_directory(concat(base, "/", kUnfinished)));
  auto undo = defer([&] { ignore(sys::remove_tree(unfinished)); });  // the next maker tries again
  TRY(sys::make_directory(unfinished + "/empty"));
  TRY(boot_and_save(driver, template_of(config, unfinished), std::move(settings), unfinished));
  TRY(sys::remove_tree(unfinished + "/empty"));
  TRY(sys::write_file(unfinished + "/kernel", config.kernel));
  // A part of one that somebody damaged may be in the way.
  TRY(sys::remove_tree(place));
  if (::rename(unfinished.c_str(), place.c_str()) != 0) return Error::sys(errno, "rename", unfinished);
  return {};
}

}  // namespace

Result<std::string> make(const std::string& base, const hypervisor::Driver& driver, const hypervisor::VmConfig& config,
                         Machine::Settings settings, WhenBusy when_busy) {
  auto place = TRY(place_of(base, driver, config));
  if (TRY(is_usable(place))) return place;
  auto held = TRY(lock(base, when_busy));
  if (TRY(is_usable(place))) return place;  // the last holder made it
  TRY(clean_up(base, kMostTemplates));
  TRY_WRAP(make_at(base, place, driver, config, std::move(settings)), concat("making a template in ", base));
  log::info("factory", "template made", {{"place", place}, {"kernel", config.kernel}});
  return place;
}

}  // namespace kata::factory
