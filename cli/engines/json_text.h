// A member more in a JSON text that a person wrote: every other byte stays where it is. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/oci/value.h"

namespace kata::cli::engines {

// `text` is an object, or empty. Its member `outer`, an object too, is made when it is missing and gets `name: value`
// as its last one, in the style of what is there: indented, or on one line. A name that is there is an error, of code
// kAlreadyExists; so is a text that is not such an object. The result is proved to say what it said and the new member.
Result<std::string> with_member(std::string_view text, const std::string& outer, const std::string& name,
                                const oci::Value& value);

}  // namespace kata::cli::engines
