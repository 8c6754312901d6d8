#include "lib/oci/walker.h"

#include <algorithm>

namespace kata::oci {

namespace {

bool asks_for_nothing(const Value& value) {
  if (const auto* number = value.as<int64_t>()) return *number == 0;
  if (const auto* number = value.as<uint64_t>()) return *number == 0;
  if (const auto* flag = value.as<bool>()) return !*flag;
  if (const auto* text = value.as<std::string>()) return text->empty();
  if (const auto* array = value.as<Value::Array>()) return array->empty();
  if (const auto* object = value.as<Value::Object>()) return object->empty();
  return value.is_null();
}

}  // namespace

Walker Walker::reader(const Value& object, std::string path, Reading& reading) {
  return {object, std::move(path), reading};
}

Walker Walker::writer(Value& object) {
  object.data = Value::Object{};
  return Walker(object);
}

bool Walker::has(std::string_view key) const { return member(key) != nullptr; }

const Value* Walker::member(std::string_view key) const {
  if (!reading() || failed()) return nullptr;
  asked_.push_back(key);
  const Value* value = source_->find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Walker::record(std::string text) {
  auto& failure = reading_->failure;
  if (!failure) failure.emplace(Error::make(Code::kInvalidArgument, concat(reading_->label, text)));
}

void Walker::note(std::string_view key, std::string_view why) {
  constexpr size_t kLongestName = 64;  // a document may hold any text as a key, and any number of them
  constexpr size_t kMostNotes = 100;
  if (reading_->ignored.size() >= kMostNotes) return;
  reading_->ignored.push_back(concat(at(key.substr(0, kLongestName)), " (", why, ")"));
}

void Walker::no_effect(std::string_view key, std::string_view why) {
  const Value* value = member(key);
  if (value != nullptr && !asks_for_nothing(*value)) note(key, why);
}

void Walker::note_unknown() {
  if (!reading() || failed()) return;
  for (const auto& member : *source_->as<Value::Object>()) {
    bool known = std::find(asked_.begin(), asked_.end(), member.key) != asked_.end();
    if (!known && !member.value.is_null()) note(member.key, "unknown");
  }
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

void Walker::each_value(std::string_view key,
                        const std::function<void(const std::string&, const Value&, const std::string&)>& visit) {
  const Value* value = member(key);
  if (value == nullptr || !expect<Value::Object>(*value, at(key), "an object")) return;
  for (const auto& item : *value->as<Value::Object>()) {
    if (item.key.find('\0') != std::string::npos) return record(concat(at(key), ": a key holds a NUL character"));
    visit(item.key, item.value, concat(at(key), ".", item.key));
    if (failed()) return;
  }
}

void Walker::each_member(std::string_view key, const std::function<void(const std::string&, std::string)>& visit) {
  each_value(key, [&](const std::string& name, const Value& value, const std::string& place) {
    if (const auto* text = read_string(value, place)) visit(name, *text);
  });
}

Value& Walker::put(std::string_view key, Value value) {
  return std::get<Value::Object>(target_->data).emplace_back(Member{std::string(key), std::move(value)}).value;
}

void Walker::put_sorted(std::string_view key, Value::Object object) {
  std::sort(object.begin(), object.end(), [](const Member& a, const Member& b) { return a.key < b.key; });
  put(key, Value{std::move(object)});
}

}  // namespace kata::oci
