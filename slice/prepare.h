#pragma once
// The tree of a slice file, brought into the form that its schema knows:
//
//   - `link a b` is one word "a b": a schema's lists have one key;
//   - what a node says of its router (`protocols`, ...) is taken out, for the router's own grammar;
//   - what the defaults say and a node or link does not, is said by it.

#include <config/syntax.h>

#include <map>
#include <memory>
#include <string>

namespace xylem::slice {

struct Prepared {
  config::Tree tree;
  std::map<std::string, std::shared_ptr<config::Tree>> routers;
  // By "SLICE NODE", "SLICE generate PREFIX", and "SLICE defaults".
  kj::Vector<config::Problem> problems;

  std::shared_ptr<config::Tree> router(const std::string& slice, const std::string& key) const;
  // What is said there of the router, and by the defaults where that says nothing.
};

Prepared prepare(const config::Tree& tree);

}  // namespace xylem::slice
