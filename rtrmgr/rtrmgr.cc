// xylem-rtrmgr --run DIR FILE: the router of FILE, in this network namespace, until told to end.
//
// Without a lifeline this is the supervisor (supervisor.h), which starts this program again, with one, as the manager.

#include <rtrmgr/manager.h>
#include <rtrmgr/supervisor.h>

#include <kj/debug.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  using namespace xylem;
  return xrl::start("rtrmgr", argc, argv, [](xrl::Loop& loop, xrl::Arguments&& arguments) {
    KJ_REQUIRE(arguments.rest.size() == 1, "expected one configuration file");
    int status;
    if (arguments.lifeline < 0) {
      kj::Promise<int> running = rtrmgr::supervise(loop, kj::mv(arguments));
      status = running.wait(loop.waitScope());
    } else {
      rtrmgr::Manager manager(loop, arguments, xrl::carriedSchema());
      kj::Promise<int> running = manager.run();
      status = running.wait(loop.waitScope());
    }
    if (status != 0) exit(status);
  });
}
