// OSPFv3 (RFC 5340). The story is in core.h; the daemon is in shell.h.

#include <protocols/ospf/shell.h>
#include <xrl/run.h>

int main(int argc, char** argv) { return xylem::xrl::run<xylem::ospf::Shell3>("ospf3", argc, argv); }
