// Walks a message and a JSON object side by side, in one of two directions. Each message's fields are
// written down once (describe() in process.cc, linux.cc, …), which serves reading and writing.
//
// Reading: a missing key or null leaves the field alone; the first error stops everything after it. A key that the
// description does not mention is noted, and so is one of which it says that it has no effect.
// Writing: a field with its default value is left out unless it is kAlways.
// Not thread-safe; lives on the stack of one conversion.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lib/base/concat.h"
#include "lib/oci/value.h"

namespace kata::oci {

enum class Presence { kWhenSet, kAlways };

// What the walkers of one document share.
struct Reading {
  std::string label;  // starts each error: "config.json: "
  std::optional<Error> failure;
  std::vector<std::string> ignored;  // "linux.new (unknown)"
};

class Walker {
 public:
  // `path` is that of the object: "" or "process.".
  static Walker reader(const Value& object, std::string path, Reading& reading);
  static Walker writer(Value& object);

  bool reading() const { return source_ != nullptr; }
  bool failed() const { return reading() && reading_->failure.has_value(); }
  // True when the object that is read has the key, with something other than null.
  bool has(std::string_view key) const;

  // Text, a number or a boolean: the field's type decides what is accepted.
  template <typename T, typename Set>
  void scalar(std::string_view key, const T& current, Set set, Presence presence = Presence::kWhenSet) {
    if (reading()) {
      if (const Value* value = member(key)) read_scalar<T>(*value, at(key), set);
    } else if (presence == Presence::kAlways || current != T{}) {
      put(key, plain(current));
    }
  }

  // An object. `reach` gives the message, and makes it when there is none yet.
  template <typename Reach>
  void message(std::string_view key, bool present, Reach reach) {
    if (reading()) {
      const Value* value = member(key);
      if (value == nullptr || !expect<Value::Object>(*value, at(key), "an object")) return;
      read_inner(*value, concat(at(key), "."), reach());
    } else if (present) {
      describe_into(put(key, Value{Value::Object{}}), reach());
    }
  }

  // An array of objects.
  template <typename List>
  void messages(std::string_view key, List& list) {
    if (reading()) {
      each(key, [&](const Value& item, const std::string& place) {
        if (!expect<Value::Object>(item, place, "an object")) return;
        read_inner(item, concat(place, "."), *list.Add());
      });
    } else if (!list.empty()) {
      Value::Array array;
      for (auto& item : list) describe_into(array.emplace_back(Value{Value::Object{}}), item);
      put(key, Value{std::move(array)});
    }
  }

  // An object whose values are all objects. Written in the order of the keys.
  template <typename Map>
  void message_map(std::string_view key, Map& map) {
    if (reading()) {
      each_value(key, [&](const std::string& name, const Value& item, const std::string& place) {
        if (expect<Value::Object>(item, place, "an object")) read_inner(item, concat(place, "."), map[name]);
      });
    } else if (!map.empty()) {
      Value::Object object;
      for (auto& [name, item] : map) {
        describe_into(object.emplace_back(Member{name, Value{Value::Object{}}}).value, item);
      }
      put_sorted(key, std::move(object));
    }
  }

  // An array of text or numbers.
  template <typename List>
  void values(std::string_view key, List& list, Presence presence = Presence::kWhenSet) {
    using T = std::remove_cvref_t<decltype(list.Get(0))>;
    if (reading()) {
      each(key, [&](const Value& item, const std::string& place) {
        read_scalar<T>(item, place, [&](T value) { list.Add(std::move(value)); });
      });
    } else if (presence == Presence::kAlways || !list.empty()) {
      Value::Array array;
      for (const auto& item : list) array.push_back(plain(item));
      put(key, Value{std::move(array)});
    }
  }

  // An object whose values are all text. Written in the order of the keys.
  template <typename Map>
  void map(std::string_view key, Map& map) {
    if (reading()) {
      each_member(key, [&](const std::string& name, std::string value) { map[name] = std::move(value); });
    } else if (!map.empty()) {
      Value::Object object;
      for (const auto& [name, value] : map) object.push_back(Member{name, Value{value}});
      put_sorted(key, std::move(object));
    }
  }

  // Records what is wrong with a key of this object ("must be an absolute path"). Reading only.
  void fail(std::string_view key, std::string_view what);
  // Notes that a key of this object has no effect, and why; not when it asks for nothing (0, false, an empty list).
  void no_effect(std::string_view key, std::string_view why);
  // At the end of a description: notes the keys that were not asked for.
  void note_unknown();

 private:
  Walker(const Value& object, std::string path, Reading& reading)
      : source_(&object), path_(std::move(path)), reading_(&reading) {}
  explicit Walker(Value& object) : target_(&object) {}

  template <typename M>
  static void describe_into(Value& object, M& message) {
    Walker inner(object);
    describe(inner, message);
  }

  template <typename M>
  void read_inner(const Value& value, std::string path, M& message) {
    Walker inner(value, std::move(path), *reading_);
    describe(inner, message);
    inner.note_unknown();
  }

  template <typename T, typename Set>
  void read_scalar(const Value& value, const std::string& place, Set set) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (const auto* text = read_string(value, place)) set(*text);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (expect<bool>(value, place, "a boolean")) set(*value.as<bool>());
    } else if constexpr (std::is_signed_v<T>) {
      if (auto number = read_signed(value, place, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())) {
        set(static_cast<T>(*number));
      }
    } else {
      if (auto number = read_unsigned(value, place, std::numeric_limits<T>::max())) set(static_cast<T>(*number));
    }
  }

  template <typename T>
  static Value plain(const T& value) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, bool>) {
      return Value{value};
    } else if constexpr (std::is_signed_v<T>) {
      return Value{int64_t{value}};
    } else {
      return Value{uint64_t{value}};
    }
  }

  template <typename T>
  bool expect(const Value& value, const std::string& place, std::string_view expected) {
    if (value.as<T>() != nullptr) return true;
    mismatch(value, place, expected);
    return false;
  }

  std::string at(std::string_view key) const { return concat(path_, key); }
  const Value* member(std::string_view key) const;
  void note(std::string_view key, std::string_view why);
  void mismatch(const Value& value, const std::string& place, std::string_view expected);
  void record(std::string text);
  const std::string* read_string(const Value& value, const std::string& place);
  std::optional<int64_t> read_signed(const Value& value, const std::string& place, int64_t low, int64_t high);
  std::optional<uint64_t> read_unsigned(const Value& value, const std::string& place, uint64_t high);
  void each(std::string_view key, const std::function<void(const Value&, const std::string&)>& visit);
  void each_value(std::string_view key,
                  const std::function<void(const std::string&, const Value&, const std::string&)>& visit);
  void each_member(std::string_view key, const std::function<void(const std::string&, std::string)>& visit);
  Value& put(std::string_view key, Value value);
  void put_sorted(std::string_view key, Value::Object object);

  const Value* source_ = nullptr;
  Value* target_ = nullptr;
  std::string path_;
  Reading* reading_ = nullptr;
  mutable std::vector<std::string_view> asked_;  // keys of the description, which are literals
};

}  // namespace kata::oci
