#include "agent/container/container.h"

#include "agent/container/linux_container.h"
#include "lib/base/concat.h"

namespace kata::agent {

namespace {

Result<> check(const ContainerConfig& config) {
  if (config.id.empty() || config.id.find('/') != std::string::npos) {
    return Error::make(Code::kInvalidArgument,
                       concat("the container id \"", config.id, "\" is empty or holds a slash"));
  }
  if (!config.spec.has_process()) return Error::make(Code::kInvalidArgument, "the specification has no process");
  if (config.spec.root().path().empty())
    return Error::make(Code::kInvalidArgument, "the specification has no root.path");
  return {};
}

}  // namespace

Result<std::shared_ptr<Container>> Container::create(ContainerConfig config, Reaper& reaper) {
  TRY(check(config));
  auto container = std::make_shared<LinuxContainer>(std::move(config), reaper);
  auto built = container->build();
  if (built) return std::shared_ptr<Container>(std::move(container));
  ignore(container->destroy());  // the first error is the one to tell
  return built.error();
}

}  // namespace kata::agent
