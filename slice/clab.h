#pragma once
// Topology files of containerlab (NAME.clab.yml): nodes, and links in the short form.
//
// Of YAML it knows what such files are made of: mappings and lists by indentation, lists in brackets, quoted and plain
// words, comments.

#include <slice/model.h>

#include <string>
#include <variant>

namespace xylem::slice {

std::variant<std::string, std::pair<unsigned, std::string>> importClab(const std::string& yaml);
// The text of a slice file; or the line and what is wrong there. A node of kind `linux` becomes a host, one of kind
// `bridge` a LAN, all others become routers.

std::string exportClab(const Slice& slice);
// Names, kinds and links; what nodes run and what links do to packets, such a file cannot say.

}  // namespace xylem::slice
