#pragma once
// `main` of every daemon.

#include <xrl/daemon.h>

extern "C" const kj::byte xylemSchemaStart[], xylemSchemaEnd[];
// The schema that the build puts into each program. Where several programs are one file (xrl/main.cc), the build
// renames these and `main`.

namespace xylem::xrl {

static inline kj::ArrayPtr<const kj::byte> carriedSchema() { return kj::arrayPtr(xylemSchemaStart, xylemSchemaEnd); }

struct Arguments {
  kj::String runDirectory;
  int lifeline = -1;
  // A descriptor that ends, by being closed on the other side, when the router ends; -1 for none.
  int listen = -1;
  // A listening socket, for the Finder.
  kj::String level = kj::str("info");
  // Least level that is logged.
  bool check = false;
  // Only check the configuration that is read from standard input.
  kj::Vector<kj::String> rest;
};

int start(kj::StringPtr name, int argc, char** argv, kj::Function<void(Loop&, Arguments&&)> body);
// Parse the arguments, or do what `--help` asks; open the log; run the body; report its fault. The exit
// status.

kj::Promise<void> untilTold(Loop& loop, const Arguments& arguments);
// SIGTERM, SIGINT, or the end of the lifeline.

int runDaemon(kj::StringPtr name, int argc, char** argv, kj::ArrayPtr<const kj::byte> schema,
              kj::Function<kj::Own<void>(Process&)> make);

template <typename D> int run(kj::StringPtr name, int argc, char** argv) {
  // A whole daemon: D is constructed with the Process, registered under `name`, and dropped at the end.
  return runDaemon(name, argc, argv, carriedSchema(),
                   [](Process& process) -> kj::Own<void> { return kj::heap<D>(process); });
}

}  // namespace xylem::xrl
