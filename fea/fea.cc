// The forwarding engine abstraction: the only privileged process of a router.

#include <fea/engine.h>
#include <xrl/run.h>

int main(int argc, char** argv) { return xylem::xrl::run<xylem::fea::Engine>("fea", argc, argv); }
