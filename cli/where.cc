// Routers are told apart by their run directories.

#include <cli/where.h>

#include <stdlib.h>

namespace xylem::cli {

kj::String runDirectory(kj::StringPtr name) {
  auto parent = getenv("XYLEM_RUN_DIR");
  return kj::str(parent == nullptr ? "/run/xylem" : parent, '/', name);
}

}  // namespace xylem::cli
