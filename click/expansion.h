#pragma once
// From scopes to the flat form: every compound is replaced by a copy of what is in it.

#include <click/errors.h>
#include <click/scope.h>

#include <map>
#include <string>
#include <vector>

namespace xylem::click {

void expand(const std::vector<ElementType>& types, Scope& file, const std::map<std::string, std::string>& parameters,
            Flat& out, Errors& errors);
// Takes the file's scope apart and adds its elements and connections to `out`. Types are by their numbers in scopes;
// parameters win over what the file defines.

}  // namespace xylem::click
