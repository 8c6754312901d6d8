#include "deploy/node/layout.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/concat.h"
#include "lib/sys/file.h"

namespace kata::deploy {

namespace {

namespace engines = cli::engines;

struct Distribution {
  std::string_view name;
  std::string_view sign;     // a directory that it has and others have not
  std::string_view program;  // of its own containerd
  std::string_view etc;      // where that one's files are
  std::array<std::string_view, 2> units;
  std::string_view socket;
};

// https://docs.k3s.io/advanced, https://docs.rke2.io/advanced, https://docs.k0sproject.io/stable/runtime,
// https://microk8s.io/docs/configuring-services
constexpr Distribution kK3s{"k3s",
                            "/var/lib/rancher/k3s",
                            "/var/lib/rancher/k3s/data/current/bin/containerd",
                            "/var/lib/rancher/k3s/agent/etc/containerd",
                            {"k3s", "k3s-agent"},
                            "/run/k3s/containerd/containerd.sock"};
constexpr Distribution kRke2{"rke2",
                             "/var/lib/rancher/rke2",
                             "/var/lib/rancher/rke2/bin/containerd",
                             "/var/lib/rancher/rke2/agent/etc/containerd",
                             {"rke2-server", "rke2-agent"},
                             "/run/k3s/containerd/containerd.sock"};
constexpr Distribution kK0s{"k0s", "/var/lib/k0s", "/var/lib/k0s/bin/containerd", "/etc/k0s", {}, ""};
constexpr Distribution kMicroK8s{"microk8s",
                                 "/var/snap/microk8s/current",
                                 "/snap/microk8s/current/bin/containerd",
                                 "/var/snap/microk8s/current/args",
                                 {"snap.microk8s.daemon-containerd", ""},
                                 "/var/snap/microk8s/common/run/containerd.sock"};
constexpr std::array<const Distribution*, 4> kDistributions{&kK3s, &kRke2, &kK0s, &kMicroK8s};
constexpr int kOwnDropIns = 2;  // from this version of containerd on k3s and rke2 have files of version 3

// k3s and rke2 write their file at each start, from a template, and import a directory of drop-ins.
engines::ContainerdPlaces places_of_rancher(std::string_view etc, int major) {
  auto version = std::string_view(major >= kOwnDropIns ? "config-v3.toml" : "config.toml");
  return {.file = concat(etc, "/config.toml"),
          .drop_ins = concat(etc, "/", version, ".d"),
          .made_from = concat(etc, "/", version, ".tmpl")};
}

engines::ContainerdPlaces places_of(const Distribution& which, int major) {
  if (&which == &kK0s) {
    return {.file = concat(which.etc, "/containerd.toml"),
            .drop_ins = concat(which.etc, "/containerd.d"),
            .takes_drop_ins = true};
  }
  if (&which == &kMicroK8s) {
    return {.file = concat(which.etc, "/containerd-template.toml"), .drop_ins = concat(which.etc, "/containerd.d")};
  }
  return places_of_rancher(which.etc, major);
}

std::string names_that_are_there() {
  std::string out = "k8s";
  for (const auto* each : kDistributions) {
    if (sys::exists(std::string(each->sign))) out = concat(each->name, ", ", out);
  }
  return out;
}

Result<Layout> layout_of(const Distribution& which) {
  if (!sys::exists(std::string(which.sign))) {
    return Error::make(Code::kFailedPrecondition,
                       concat("K8S_DISTRIBUTION=", which.name, ", but the node has no ", which.sign))
        .hint(concat("set K8S_DISTRIBUTION to what the node is: ", names_that_are_there()));
  }
  Layout out{.engine = &engines::containerd()};
  out.program = engines::find_engine(std::vector<std::string>{std::string(which.program), "containerd"});
  out.containerd = places_of(which, out.program.major);
  for (auto unit : which.units) {
    if (!unit.empty()) out.units.emplace_back(unit);
  }
  out.socket = which.socket;
  return out;
}

Layout layout_of_crio() {
  Layout out{.engine = &engines::crio(), .units = {"crio"}, .socket = "/run/crio/crio.sock"};
  out.program = engines::find_engine(out.engine->program());
  return out;
}

Result<Layout> layout_of_k8s(const std::string& runtime) {
  if (runtime.starts_with("cri-o://")) return layout_of_crio();
  Layout out{.engine = &engines::containerd(), .units = {"containerd"}, .socket = "/run/containerd/containerd.sock"};
  out.program = engines::find_engine(out.engine->program());
  if (runtime.starts_with("containerd://")) return out;
  auto crio = layout_of_crio();
  bool runs_crio = crio.program && (!out.program || sys::exists(crio.socket));
  if (runs_crio) return crio;
  if (out.program) return out;
  return Error::make(Code::kNotFound, concat("the node has neither containerd nor CRI-O",
                                             runtime.empty() ? "" : ": its engine is ", runtime))
      .hint(concat("set K8S_DISTRIBUTION to what the node is: ", names_that_are_there(), "; or install one of them"));
}

}  // namespace

Result<Layout> find_layout(const std::string& distribution, const std::string& runtime) {
  if (distribution == "k8s") return layout_of_k8s(runtime);
  auto is_this = [&](const Distribution* each) { return each->name == distribution; };
  const auto* found = std::find_if(kDistributions.begin(), kDistributions.end(), is_this);
  if (found != kDistributions.end()) return layout_of(**found);
  return Error::make(Code::kInvalidArgument, concat("K8S_DISTRIBUTION=", distribution, " is not known"))
      .hint("set K8S_DISTRIBUTION to k8s, k3s, rke2, k0s or microk8s");
}

}  // namespace kata::deploy
