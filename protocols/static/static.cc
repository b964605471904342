// Static routes: the program.

#include <protocols/static/daemon.h>
#include <xrl/run.h>

int main(int argc, char** argv) { return xylem::xrl::run<xylem::statics::Daemon>("static", argc, argv); }
