#include "lib/ttrpc/plugin/generator.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <map>
#include <memory>

#include "lib/ttrpc/plugin/names.h"

namespace kata::ttrpc {

namespace {

namespace pb = google::protobuf;
using Variables = std::map<std::string, std::string>;

Variables variables_of(const pb::ServiceDescriptor& service) {
  return {{"base", base_name(service)}, {"service", service.full_name()}};
}

Variables variables_of(const pb::MethodDescriptor& method) {
  auto out = variables_of(*method.service());
  out["method"] = method.name();
  out["function"] = method_name(method);
  out["request"] = type_name(*method.input_type());
  out["response"] = type_name(*method.output_type());
  return out;
}

void for_each_method(const pb::ServiceDescriptor& service, pb::io::Printer& out, const char* text) {
  for (int i = 0; i < service.method_count(); ++i) out.Print(variables_of(*service.method(i)), text);
}

void print_service_class(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  out.Print(variables_of(service), R"(
class $base$Service : public kata::ttrpc::Service {
 public:
  static constexpr std::string_view kName = "$service$";
  std::string_view name() const override { return kName; }
  kata::Result<std::string> dispatch(std::string_view method, const kata::ttrpc::Context& context,
                                     std::string_view payload) override;

)");
  for_each_method(service, out, R"(  virtual kata::Result<$response$> $function$(const kata::ttrpc::Context& context,
      const $request$& request);
)");
  out.Print("};\n");
}

void print_client_class(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  out.Print(variables_of(service), R"(
// Thread-safe like the client it calls through, which outlives it.
class $base$Client {
 public:
  explicit $base$Client(kata::ttrpc::Client& client) : client_(&client) {}

)");
  for_each_method(service, out, R"(  kata::Result<$response$> $function$(const $request$& request,
      std::chrono::nanoseconds timeout = {});
)");
  out.Print("\n private:\n  kata::ttrpc::Client* client_;\n};\n");
}

void print_dispatch(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  out.Print(variables_of(service), R"(
kata::Result<std::string> $base$Service::dispatch(std::string_view method, const kata::ttrpc::Context& context,
                                                  std::string_view payload) {
)");
  for_each_method(service, out, R"(  if (method == "$method$") {
    $request$ request;
    TRY(kata::ttrpc::decode(payload, request));
    return kata::ttrpc::encode($function$(context, request));
  }
)");
  out.Print("  return kata::ttrpc::unknown_method(kName, method);\n}\n");
}

void print_functions(const pb::ServiceDescriptor& service, pb::io::Printer& out) {
  for_each_method(service, out, R"(
kata::Result<$response$> $base$Service::$function$(const kata::ttrpc::Context&, const $request$&) {
  return kata::ttrpc::unknown_method(kName, "$method$");
}

kata::Result<$response$> $base$Client::$function$(const $request$& request, std::chrono::nanoseconds timeout) {
  return kata::ttrpc::call<$response$>(*client_, "$service$", "$method$", request, timeout);
}
)");
}

void print_header(const pb::FileDescriptor& file, pb::io::Printer& out) {
  out.Print(
      "// Written by protoc-gen-kata-ttrpc from $file$.\n#pragma once\n\n"
      "#include <chrono>\n#include <string>\n#include <string_view>\n\n"
      "#include \"$stem$.pb.h\"\n#include \"lib/base/result.h\"\n#include \"lib/ttrpc/client.h\"\n"
      "#include \"lib/ttrpc/server.h\"\n\nnamespace $space$ {\n",
      "file", file.name(), "stem", file_stem(file), "space", replace_all(file.package(), ".", "::"));
  for (int i = 0; i < file.service_count(); ++i) {
    print_service_class(*file.service(i), out);
    print_client_class(*file.service(i), out);
  }
  out.Print("\n}\n");
}

void print_source(const pb::FileDescriptor& file, pb::io::Printer& out) {
  out.Print(
      "// Written by protoc-gen-kata-ttrpc from $file$.\n#include \"$stem$.ttrpc.h\"\n\n"
      "#include \"lib/ttrpc/message.h\"\n\nnamespace $space$ {\n",
      "file", file.name(), "stem", file_stem(file), "space", replace_all(file.package(), ".", "::"));
  for (int i = 0; i < file.service_count(); ++i) {
    print_dispatch(*file.service(i), out);
    print_functions(*file.service(i), out);
  }
  out.Print("\n}\n");
}

bool streams(const pb::FileDescriptor& file) {
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j) {
      const auto* method = file.service(i)->method(j);
      if (method->client_streaming() || method->server_streaming()) return true;
    }
  }
  return false;
}

}  // namespace

bool Generator::Generate(const pb::FileDescriptor* file, const std::string& /*parameter*/,
                         pb::compiler::GeneratorContext* context, std::string* error) const {
  if (streams(*file)) {
    *error = file->name() + ": streaming methods are not supported";
    return false;
  }
  std::unique_ptr<pb::io::ZeroCopyOutputStream> header(context->Open(file_stem(*file) + ".ttrpc.h"));
  std::unique_ptr<pb::io::ZeroCopyOutputStream> source(context->Open(file_stem(*file) + ".ttrpc.cc"));
  pb::io::Printer header_printer(header.get(), '$');
  pb::io::Printer source_printer(source.get(), '$');
  print_header(*file, header_printer);
  print_source(*file, source_printer);
  return true;
}

}  // namespace kata::ttrpc
