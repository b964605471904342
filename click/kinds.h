#pragma once
// All kinds of elements that there are. The list is made by the build from the headers in elements/.

#include <click/element.h>

#include <span>

namespace xylem::click {

std::span<const Kind* const> allKinds();
const Kind* findKind(const std::string& name);
extern const Kind ERROR_KIND;
// What stands in for an element of an unknown class.

}  // namespace xylem::click
