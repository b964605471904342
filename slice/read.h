#pragma once
// From the text of a slice file to slices (model.h), or all that is wrong with it.
//
// The text goes through three hands: prepare.h brings it into the form that the schema (file.capnp) knows,
// config/check.h judges it by the schema, and what only the whole can tell is told here. Pure: other files are asked
// for.

#include <config/check.h>
#include <kj/function.h>
#include <slice/model.h>

#include <vector>

namespace xylem::slice {

struct RouterText {
  // The configuration of one Xylem router; its words have places in the slice file.
  std::string slice, node;
  config::Tree tree;
};

struct Result {
  kj::Vector<config::Problem> problems;
  // In the order of the text.
  std::vector<Slice> slices;
  // Of use only without problems.
  std::vector<RouterText> routers;
};

using OpenFile = kj::Function<kj::Maybe<kj::String>(kj::StringPtr path)>;
// What is in that file, which the slice file names; none if it cannot be read.

const config::Grammar& fileGrammar();
// What file.capnp says.

Result read(kj::StringPtr text, OpenFile& open);

}  // namespace xylem::slice
