// What the cluster is told of this node: labels, by which pods find it, RuntimeClasses, and why it failed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy/api/cluster.h"
#include "deploy/options.h"
#include "deploy/settings/settings.h"
#include "lib/base/result.h"

namespace kata::deploy {

class Announcement {
 public:
  // Outside of a cluster, or without NODE_NAME, nobody is told, and the calls below print that or do nothing.
  static Result<Announcement> open(const Options& options, const Settings& settings);

  bool can_tell() const { return client_ != nullptr; }
  Result<bool> daemon_set_is_there();
  // "containerd://2.1.9"; empty: not known.
  Result<std::string> engine();

  Result<> installed(const std::vector<std::string>& shims);
  Result<> going(const std::vector<std::string>& shims);  // before the clean-up: no pod shall come any more
  Result<> gone();                                        // after it
  Result<> reset();
  void failed(const Error& error);

 private:
  Announcement(const Options& options, Settings settings) : options_(options), settings_(std::move(settings)) {}
  Result<> label(const LabelChange& change);
  std::string own_label() const;
  Result<bool> others_are_there();

  Options options_;
  Settings settings_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace kata::deploy
