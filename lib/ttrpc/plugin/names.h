// The C++ names of protobuf objects.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace kata::ttrpc {

std::string replace_all(std::string text, const std::string& from, const std::string& to);
std::string snake_case(const std::string& name);                            // GetOOMEvent: get_oom_event
std::string method_name(const google::protobuf::MethodDescriptor& method);  // Delete: delete_
std::string type_name(const google::protobuf::Descriptor& message);         // ::grpc::CheckRequest
std::string base_name(const google::protobuf::ServiceDescriptor& service);  // AgentService: Agent
std::string file_stem(const google::protobuf::FileDescriptor& file);        // lib/proto/agent

}  // namespace kata::ttrpc
