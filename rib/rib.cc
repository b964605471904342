// The RIB's program.

#include <rib/daemon.h>
#include <xrl/run.h>

int main(int argc, char** argv) { return xylem::xrl::run<xylem::rib::Daemon>("rib", argc, argv); }
