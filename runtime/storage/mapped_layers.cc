#include "runtime/storage/mapped_layers.h"

#include <sys/mount.h>

#include <charconv>

#include "lib/base/concat.h"
#include "lib/base/log.h"
#include "lib/base/split.h"
#include "lib/sys/mount.h"
#include "runtime/storage/mapped_tree.h"

namespace kata::storage {

namespace {

constexpr std::string_view kUids = "uidmap=", kGids = "gidmap=", kLower = "lowerdir=";

Result<uint32_t> number(std::string_view text, const std::string& option) {
  uint32_t out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc{} && end == text.data() + text.size() && !text.empty()) return out;
  return Error::make(Code::kInvalidArgument, concat("the option \"", option, "\" is no mapping like 0:100000:65536"));
}

// "0:100000:65536", several of them with commas between.
Result<> add(oci::IdMappings& to, std::string_view text, const std::string& option) {
  for (auto one : split(text, ",")) {
    auto inside = kata::take(one, ':');
    auto outside = kata::take(one, ':');
    auto& map = *to.Add();
    map.set_containerid(TRY(number(inside, option)));
    map.set_hostid(TRY(number(outside, option)));
    map.set_size(TRY(number(one, option)));
  }
  return {};
}

// A backslash keeps a colon from ending a name.
std::vector<std::string> directories(std::string_view list) {
  std::vector<std::string> out(1);
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && i + 1 < list.size()) {
      out.back() += list[++i];
    } else if (list[i] == ':') {
      out.emplace_back();
    } else {
      out.back() += list[i];
    }
  }
  return out;
}

}  // namespace

Result<std::optional<oci::IdMap>> take_id_map(std::vector<std::string>& options) {
  oci::IdMap out;
  std::vector<std::string> others;
  for (auto& option : options) {
    if (option.starts_with(kUids)) {
      TRY(add(out.uids, std::string_view(option).substr(kUids.size()), option));
    } else if (option.starts_with(kGids)) {
      TRY(add(out.gids, std::string_view(option).substr(kGids.size()), option));
    } else {
      others.push_back(std::move(option));
    }
  }
  options = std::move(others);
  if (out.uids.empty() && out.gids.empty()) return std::optional<oci::IdMap>();
  if (!out.uids.empty() && !out.gids.empty()) return std::optional(std::move(out));
  return Error::make(Code::kInvalidArgument, "of the options uidmap and gidmap one is missing");
}

Result<> MappedLayers::map(const std::vector<std::string>& options, const oci::IdMap& id_map) {
  for (const auto& option : options) {
    if (!option.starts_with(kLower)) continue;
    for (const auto& directory : directories(std::string_view(option).substr(kLower.size()))) {
      auto tree = TRY(sys::clone_tree(directory, false));
      TRY(map_tree(tree.get(), id_map, directory));
      TRY(sys::attach_tree(tree.get(), directory));
      covered_.push_back(directory);
    }
  }
  return {};
}

MappedLayers::~MappedLayers() {
  for (auto directory = covered_.rbegin(); directory != covered_.rend(); ++directory) {
    auto done = sys::unmount(*directory, MNT_DETACH);
    if (!done) log::warning("storage", "a layer stays covered", {{"error", done.error().text()}});
  }
}

}  // namespace kata::storage
