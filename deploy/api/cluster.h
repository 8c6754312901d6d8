// What the installer says to a cluster: labels of its node, RuntimeClasses, events. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "deploy/api/client.h"
#include "lib/base/result.h"

namespace kata::deploy {

using Labels = std::map<std::string, std::string>;
using LabelChange = std::map<std::string, std::optional<std::string>>;  // nothing: the label goes

struct RuntimeClass {
  std::string name;
  std::string handler;
  std::string memory, cpu;  // of each pod beside its containers'; empty: nothing is said
};

class Cluster {
 public:
  using Ask = std::function<Result<Answer>(const Request&)>;
  explicit Cluster(Ask ask) : ask_(std::move(ask)) {}

  Result<Labels> labels(const std::string& node);
  // The node's engine and its version, as its kubelet says it: "containerd://2.1.9".
  Result<std::string> engine(const std::string& node);
  Result<> label(const std::string& node, const LabelChange& change);

  // One that is there and is the same, or ours, is fine; another one of that name is an error.
  Result<> make(const RuntimeClass& wanted);
  // One that is not there is success; one that is not ours stays.
  Result<> remove_runtime_class(const std::string& name);

  // False: it is gone, or going. A server that says that we have no rights any more means the same.
  Result<bool> has_daemon_set(const std::string& name_space, const std::string& name);

  // A warning about a node, for `kubectl describe node`.
  Result<> warn(const std::string& node, const std::string& reason, const std::string& message,
                const std::string& time);

 private:
  Ask ask_;
};

}  // namespace kata::deploy
