#pragma once
// The daemons that are installed, and what each says of itself.

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::xrl {

struct Installed {
  kj::String name;
  kj::String path;
  kj::Array<const kj::byte> schema;
  // A CodeGeneratorRequest message, mapped from the program.
};

kj::Vector<Installed> findInstalled();
// Each program `xylem-NAME` in the program directory, or in one of those that $XYLEM_PROGRAMS lists (`DIR:DIR...`),
// that carries its schema in the section `xylem_schema.NAME`, as the build makes them; one that does not is left out,
// with a line in the log. Several names may lead to one file. Ordered by name.

kj::String programDirectory();
// Where the daemons of this installation lie: beside this program, or in ../libexec/xylem.

}  // namespace xylem::xrl
