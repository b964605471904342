// The Finder: it says who is where, and brings them together. It is never in the path of what they then say to each
// other, and when it dies, nothing ends but the finding.

#include <finder/server.h>
#include <xrl/run.h>
#include <xrl/unix.h>

int main(int argc, char** argv) {
  using namespace xylem;
  return xrl::start("finder", argc, argv, [](xrl::Loop& loop, xrl::Arguments&& arguments) {
    auto listener = arguments.listen >= 0 ? kj::AutoCloseFd(arguments.listen)
                                          : xrl::listenUnix(kj::str(arguments.runDirectory, "/finder"));
    finder::Server server(loop, kj::mv(listener), xrl::carriedSchema());
    server.serve().exclusiveJoin(xrl::untilTold(loop, arguments)).wait(loop.waitScope());
  });
}
