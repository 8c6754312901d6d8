// Writes the C++ of a file's services. A build tool: runs in protoc's plugin only.
#pragma once

#include <google/protobuf/compiler/code_generator.h>

#include <string>

namespace kata::ttrpc {

class Generator : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context, std::string* error) const override;
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace kata::ttrpc
