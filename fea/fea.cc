// The forwarding engine abstraction: interfaces, routes and sockets, for those who have no privileges.
//
// `--export` and `--import` are what its interface Forwarding does, without a router: between the kernel of this
// network namespace, and standard output or input.

#include <fea/engine.h>
#include <fea/transfer.h>
#include <unistd.h>
#include <xrl/fault.h>
#include <xrl/run.h>

#include <cstdio>

namespace {

int transfer(int (*act)(int), int file) {
  int status = 1;
  KJ_IF_MAYBE (fault, kj::runCatchingExceptions([&]() { status = act(file); }))
    fprintf(stderr, "xylem-fea: %s\n", xylem::xrl::explain(*fault).cStr());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  kj::StringPtr word = argc == 2 ? argv[1] : "";
  if (word == "--export") return transfer(xylem::fea::exportTo, STDOUT_FILENO);
  if (word == "--import") return transfer(xylem::fea::importFrom, STDIN_FILENO);
  return xylem::xrl::run<xylem::fea::Engine>("fea", argc, argv);
}
