// The forwarding engine abstraction: interfaces, routes and sockets, for those who have no privileges.

#include <fea/engine.h>
#include <xrl/run.h>

int main(int argc, char** argv) { return xylem::xrl::run<xylem::fea::Engine>("fea", argc, argv); }
