#pragma once
// Substitution in the text of script instructions: $name, ${name}, ${name-default}, $?, $#, $$, and $(handler
// arguments), which may nest.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace xylem::click {

using ScriptLookup = std::function<std::optional<std::string>(const std::string& name, bool isHandler)>;

std::string expandScript(std::string_view text, const ScriptLookup& lookup, bool isProtected = false);
// What the lookup does not know stays as it is. When protected, a value outside quotes is quoted, so that it is still
// whole after `unquote`.

}  // namespace xylem::click
