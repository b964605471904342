#pragma once
// The Click language: text to a flat configuration.

#include <click/errors.h>
#include <click/flat.h>

#include <functional>
#include <map>
#include <string>

namespace xylem::click {

struct Source {
  std::string text;
  std::string file = "config";
  // For landmarks, and where `require(library)` looks first.
  std::map<std::string, std::string> parameters;
  // NAME=value of the command line: they win over `define` at file scope.
};

Flat parse(const Source& source, Errors& errors);
// Tells all that is wrong; then the result is of no use.

bool provides(const std::string& requirement);
// Is there an element class, or a feature, of this name?

}  // namespace xylem::click
