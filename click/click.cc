// The click plane: a process of a router, or a program that runs a configuration for whoever starts it.

#include <click/command-line.h>
#include <click/engine.h>
#include <xrl/run.h>

int main(int argc, char** argv) {
  // A router manager and `xylem check` begin with one of these.
  kj::StringPtr first = argc > 1 ? argv[1] : "";
  for (kj::StringPtr daemon : {"--run"_kj, "--check"_kj})
    if (first == daemon || first.startsWith(kj::str(daemon, "=")))
      return xylem::xrl::run<xylem::click::Engine>("click", argc, argv);
  return xylem::click::runCommandLine(argc, argv);
}
