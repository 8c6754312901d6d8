#include "agent/rpc/health_calls.h"

namespace kata::agent {

Result<grpc::HealthCheckResponse> HealthCalls::check(const ttrpc::Context& /*context*/,
                                                     const grpc::CheckRequest& /*r*/) {
  grpc::HealthCheckResponse response;
  response.set_status(grpc::HealthCheckResponse::SERVING);
  return response;
}

Result<grpc::VersionCheckResponse> HealthCalls::version(const ttrpc::Context& /*context*/,
                                                        const grpc::CheckRequest& /*request*/) {
  grpc::VersionCheckResponse response;
  response.set_grpc_version("0.0.1");  // upstream's protocol version, unchanged since 1.x
  response.set_agent_version(KATA_VERSION);
  return response;
}

}  // namespace kata::agent
