#pragma once
// A slice file on disk with all that it names, read and checked: also by the grammars of the routers' daemons, as far
// as they are installed.

#include <slice/read.h>
#include <slice/slice.capnp.h>

#include <map>

namespace xylem::slice {

struct Document {
  std::string path;
  std::string text;
  std::map<std::string, std::string> files;
  // What it names, by the path that it says.
  std::string host;
  // Which of its hosts this machine is, once that is chosen; then the result has only what is there.
  Result result;
};

Document load(const std::string& path);
// Throws if there is no such file; what is wrong inside is in the result.

void choose(Document& document, const std::string& host);
// Of slices that name no hosts, all is here, and `host` is empty.

Document read(wire::Spec::Reader spec);
// The same from what was sent along.

void write(const Document& document, const std::string& slice, wire::Spec::Builder to);

void checkRouters(Result& result);
// Adds what the installed daemons' grammars find wrong with what runs in the routers.

}  // namespace xylem::slice
