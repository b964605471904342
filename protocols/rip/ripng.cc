// RIPng (RFC 2080). The story is in core.h; the daemon is in shell.h.

#include <protocols/rip/shell.h>
#include <xrl/run.h>

int main(int argc, char** argv) { return xylem::xrl::run<xylem::rip::Shell<xylem::rip::Ripng>>("ripng", argc, argv); }
