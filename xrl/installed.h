#pragma once
// The daemons that are installed, and what each says of itself.

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::xrl {

struct Installed {
  kj::String name;
  kj::String path;
  kj::Array<kj::byte> schema;
  // A CodeGeneratorRequest message.
};

kj::Vector<Installed> findInstalled();
// Each program `xylem-NAME` in the program directory, or in one of those that $XYLEM_PROGRAMS lists (`DIR:DIR...`), is
// asked for its `--schema`. One that does not answer properly is left out, with a line in the log. Blocks for as long
// as that takes, some milliseconds; ordered by name.

kj::String programDirectory();
// Where the daemons of this installation lie: beside this program, or in ../libexec/xylem.

}  // namespace xylem::xrl
