#pragma once
// The path of a statement, as problems tell it, and text of the two kinds of string.

#include <config/tree.h>
#include <kj/string.h>

#include <string>

namespace xylem::slice {

inline std::string text(kj::StringPtr from) { return std::string(from.begin(), from.size()); }
inline kj::StringPtr ptr(const std::string& from) { return kj::StringPtr(from.c_str(), from.size()); }

}  // namespace xylem::slice
