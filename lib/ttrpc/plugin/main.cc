// protoc-gen-kata-ttrpc: writes <file>.ttrpc.{h,cc} for each .proto file with services.
//
// For `service Health` of package grpc that is, in namespace grpc:
//   class HealthService : public kata::ttrpc::Service   one virtual per method, kUnimplemented by default
//   class HealthClient                                  the same methods over a kata::ttrpc::Client
// A service whose name ends in "Service" loses that word first (AgentService, AgentClient).
// Methods are in snake_case; a C++ keyword gets a trailing underscore (delete_).
#include <google/protobuf/compiler/plugin.h>

#include "lib/ttrpc/plugin/generator.h"

int main(int argc, char* argv[]) {
  kata::ttrpc::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
