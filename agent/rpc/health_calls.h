// grpc.Health: whether the agent serves.
#pragma once

#include "lib/proto/health.ttrpc.h"

namespace kata::agent {

class HealthCalls final : public grpc::HealthService {
 public:
  Result<grpc::HealthCheckResponse> check(const ttrpc::Context&, const grpc::CheckRequest&) override;
  Result<grpc::VersionCheckResponse> version(const ttrpc::Context&, const grpc::CheckRequest&) override;
};

}  // namespace kata::agent
