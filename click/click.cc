// The click plane: a process of a router, or a program that runs a configuration for whoever starts it.

#include <click/command-line.h>
#include <click/engine.h>
#include <xrl/log.h>
#include <xrl/run.h>

#include <stdlib.h>
#include <unistd.h>

namespace {

void joinGroup() {
  // In a testbed there may be a control group for what forwards (slice/groups.h): this is where to ask for it.
  auto door = getenv("XYLEM_PLANE_GROUP");
  if (door != nullptr && write(atoi(door), "0", 1) < 0) xylem::xrl::log::warn("the plane is not in its control group");
}

}  // namespace

int main(int argc, char** argv) {
  // A router manager and `xylem check` begin with one of these.
  kj::StringPtr first = argc > 1 ? argv[1] : "";
  for (kj::StringPtr daemon : {"--run"_kj, "--check"_kj})
    if (first == daemon || first.startsWith(kj::str(daemon, "="))) {
      joinGroup();
      return xylem::xrl::run<xylem::click::Engine>("click", argc, argv);
    }
  return xylem::click::runCommandLine(argc, argv);
}
