#pragma once
// What `xylem slice VERB` does. Each prints for people, or with `json` the structs of slice.capnp, and gives the exit
// status: 0 done, 1 refused and nothing changed, 2 failed and rolled back, 3 standing but degraded, 4 no authority.

#include <slice/document.h>
#include <slice/plan.h>

#include <string>
#include <vector>

namespace xylem::slice {

enum Status { DONE = 0, REFUSED = 1, FAILED = 2, DEGRADED = 3, NO_AUTHORITY = 4 };

struct Options {
  bool json = false, quiet = false;
  std::string host;
  // Which of the file's hosts this machine is.
};

int validate(const std::string& file, Options options);

kj::Maybe<Document> loadOrTell(const std::string& file, Options options);
// Prints what is wrong with it, one line each: FILE:LINE:COLUMN: PATH: TEXT.

kj::Maybe<Document> loadHereOrTell(const std::string& file, Options options);
// The same, of what is on this host.

enum class Picture { DOT, MERMAID, SVG };
int draw(const std::string& text, Picture picture);
// DOT or Mermaid as it is; SVG by the program `dot` of Graphviz.

int importVerb(const std::string& file);
// A topology file of containerlab, as a slice file, to standard output.
int exportVerb(const std::string& file, Options options);
// The other way.

int completion(const std::vector<std::string>& verbs);
// Prints what makes bash complete these verbs, and the names of slices and nodes.

void printSteps(const std::vector<Step>& steps, Options options);

}  // namespace xylem::slice
