#include "lib/oci/walker.h"

#include <algorithm>

namespace kata::oci {

Walker Walker::reader(const Value& object, std::string label, std::optional<Error>& failure) {
  return {object, std::move(label), failure};
}

Walker Walker::writer(Value& object) {
  object.data = Value::Object{};
  return Walker(object);
}

bool Walker::has(std::string_view key) const { return member(key) != nullptr; }

const Value* Walker::member(std::string_view key) const {
  if (!reading() || failed()) return nullptr;
  const Value* value = source_->find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Walker::record(std::string text) {
  if (!failure_->has_value()) failure_->emplace(Error::make(Code::kInvalidArgument, std::move(text)));
}

void Walker::fail(std::string_view key, std::string_view what) {
  if (reading()) record(concat(at(key), ": ", what));
}

void Walker::mismatch(const Value& value, const std::string& place, std::string_view expected) {
  record(concat(place, ": expected ", expected, ", found ", describe(value)));
}

const std::string* Walker::read_string(const Value& value, const std::string& place) {
  if (!expect<std::string>(value, place, "a string")) return nullptr;
  const auto* text = value.as<std::string>();
  // The kernel's strings end at a NUL: what was checked would not be what is used.
  if (text->find('\0') != std::string::npos) {
    record(concat(place, ": holds a NUL character"));
    return nullptr;
  }
  return text;
}

std::optional<int64_t> Walker::read_signed(const Value& value, const std::string& place, int64_t low, int64_t high) {
  if (const auto* number = value.as<int64_t>(); number != nullptr && *number >= low && *number <= high) return *number;
  if (const auto* number = value.as<uint64_t>(); number != nullptr && *number <= static_cast<uint64_t>(high)) {
    return static_cast<int64_t>(*number);
  }
  mismatch(value, place, concat("an integer from ", low, " to ", high));
  return std::nullopt;
}

std::optional<uint64_t> Walker::read_unsigned(const Value& value, const std::string& place, uint64_t high) {
  if (const auto* number = value.as<uint64_t>(); number != nullptr && *number <= high) return *number;
  mismatch(value, place, concat("an integer from 0 to ", high));
  return std::nullopt;
}

void Walker::each(std::string_view key, const std::function<void(const Value&, const std::string&)>& visit) {
  const Value* value = member(key);
  if (value == nullptr || !expect<Value::Array>(*value, at(key), "an array")) return;
  size_t index = 0;
  for (const auto& item : *value->as<Value::Array>()) {
    visit(item, concat(at(key), "[", index++, "]"));
    if (failed()) return;
  }
}

void Walker::each_member(std::string_view key, const std::function<void(const std::string&, std::string)>& visit) {
  const Value* value = member(key);
  if (value == nullptr || !expect<Value::Object>(*value, at(key), "an object")) return;
  for (const auto& item : *value->as<Value::Object>()) {
    auto place = concat(at(key), ".", item.key);
    if (item.key.find('\0') != std::string::npos) return record(concat(at(key), ": a key holds a NUL character"));
    const auto* text = read_string(item.value, place);
    if (text == nullptr) return;
    visit(item.key, *text);
  }
}

Value& Walker::put(std::string_view key, Value value) {
  return std::get<Value::Object>(target_->data).emplace_back(Member{std::string(key), std::move(value)}).value;
}

void Walker::put_sorted(std::string_view key, Value::Object object) {
  std::sort(object.begin(), object.end(), [](const Member& a, const Member& b) { return a.key < b.key; });
  put(key, Value{std::move(object)});
}

}  // namespace kata::oci
