#include "lib/oci/value.h"

#include <nlohmann/json.hpp>

#include "lib/base/concat.h"

namespace kata::oci {

namespace {

using Json = nlohmann::ordered_json;

// Builds the tree. A callback that returns false ends the parsing.
class Builder {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  bool null() { return add(Value{}); }
  bool boolean(bool value) { return add(Value{value}); }
  bool number_integer(number_integer_t value) { return add(Value{int64_t{value}}); }
  bool number_unsigned(number_unsigned_t value) { return add(Value{uint64_t{value}}); }
  bool number_float(number_float_t value, const string_t&) { return add(Value{value}); }
  bool string(string_t& value) { return add(Value{std::move(value)}); }
  bool binary(binary_t&) { return refuse("holds binary data"); }
  bool start_object(size_t) { return open(Value{Value::Object{}}); }
  bool start_array(size_t) { return open(Value{Value::Array{}}); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& value) {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) {
    std::string_view text = error.what();
    auto bracket = text.find("] ");  // behind the library's own error number
    return refuse(concat("not JSON: ", bracket == std::string_view::npos ? text : text.substr(bracket + 2)));
  }

  Value take() { return std::move(root_); }
  const std::string& refusal() const { return refusal_; }

 private:
  bool refuse(std::string why) {
    if (refusal_.empty()) refusal_ = std::move(why);
    return false;
  }

  Value* place(Value value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (auto* array = std::get_if<Value::Array>(&open_.back()->data)) return &array->emplace_back(std::move(value));
    auto& object = std::get<Value::Object>(open_.back()->data);
    return &object.emplace_back(Member{std::move(key_), std::move(value)}).value;
  }

  bool add(Value value) {
    if (++values_ > kMaxValues) return refuse(concat("holds more than ", kMaxValues, " values"));
    place(std::move(value));
    return true;
  }

  bool open(Value value) {
    if (++values_ > kMaxValues) return refuse(concat("holds more than ", kMaxValues, " values"));
    if (open_.size() >= kMaxDepth) return refuse(concat("is nested more than ", kMaxDepth, " deep"));
    // The container that is open last is its parent's last element, so its address stays.
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Value root_;
  std::vector<Value*> open_;
  std::string key_;
  size_t values_ = 0;
  std::string refusal_;
};

struct ToLibrary {
  static Json convert(const Value& value) { return std::visit(ToLibrary{}, value.data); }

  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(const Value::Array& array) const {
    auto out = Json::array();
    for (const auto& item : array) out.push_back(convert(item));
    return out;
  }
  Json operator()(const Value::Object& object) const {
    auto out = Json::object();
    for (const auto& member : object) out[member.key] = convert(member.value);
    return out;
  }
  template <typename Scalar>
  Json operator()(const Scalar& scalar) const {
    return scalar;
  }
};

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto* object = as<Object>();
  if (object == nullptr) return nullptr;
  for (auto member = object->rbegin(); member != object->rend(); ++member) {
    if (member->key == key) return &member->value;
  }
  return nullptr;
}

std::string describe(const Value& value) {
  struct Describe {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool) const { return "a boolean"; }
    std::string operator()(int64_t number) const { return concat("the number ", number); }
    std::string operator()(uint64_t number) const { return concat("the number ", number); }
    std::string operator()(double number) const { return concat("the number ", Json(number).dump()); }
    std::string operator()(const std::string&) const { return "a string"; }
    std::string operator()(const Value::Array&) const { return "an array"; }
    std::string operator()(const Value::Object&) const { return "an object"; }
  };
  return std::visit(Describe{}, value.data);
}

Result<Value> parse_text(std::string_view text) {
  if (text.size() > kMaxText) {
    return Error::make(Code::kInvalidArgument, concat("larger than ", kMaxText, " bytes"));
  }
  Builder builder;
  bool parsed = false;
  try {
    parsed = Json::sax_parse(text, &builder);
  } catch (const std::exception& error) {
    return Error::make(Code::kInvalidArgument, concat("not JSON: ", error.what()));
  }
  if (!parsed) return Error::make(Code::kInvalidArgument, builder.refusal());
  return builder.take();
}

std::string to_text(const Value& value) {
  return ToLibrary::convert(value).dump(4, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kata::oci
