// Who is expected follows from the Finder's list at the moment when all are there. One of them that dies later is still
// expected: it will be back.

#include <kj/debug.h>
#include <rib/hold.h>
#include <xrl/log.h>

namespace xylem::rib {

Hold::Hold(xrl::Process& process, Engine& engine, kj::Duration longest)
    : process(process), engine(engine), started(engine.loop.timer().now()), expiring(nullptr), asking(nullptr) {
  setLongest(longest);
}

void Hold::setLongest(kj::Duration longest) {
  if (over) return;
  auto rest = kj::max(started + longest - engine.loop.timer().now(), 0 * kj::SECONDS);
  expiring = kj::Promise<void>(expire(rest)).eagerlyEvaluate(nullptr);
}

xrl::Task<void> Hold::expire(kj::Duration rest) {
  co_await engine.loop.timer().afterDelay(rest);
  if (!over) xrl::log::warn("not all protocols have announced their routes in time");
  over = true;
  engine.changed();
}

void Hold::settled() {
  if (over) return;
  asking = kj::Promise<void>(ask()).eagerlyEvaluate(
      [](kj::Exception&& problem) { xrl::log::warn("cannot ask who is there", "reason", problem.getDescription()); });
}

xrl::Task<void> Hold::ask() {
  auto finder = co_await process.finder();
  auto answer = co_await finder.targetsRequest().send();
  expected = {"connected"};
  for (auto target : answer.getTargets())
    for (auto wanted : target.getWants())
      if (wanted == "rib") expected.insert(target.getName().cStr());
  known = true;
  engine.changed();
}

bool Hold::isSynced(const std::string& protocol) {
  bool any = false, all = true;
  engine.table.eachOrigin([&](const Origin& origin) {
    if (origin.protocol != protocol.c_str()) return;
    any = true;
    if (origin.state != Origin::SYNCED) all = false;
  });
  return any && all;
}

bool Hold::isOver(const std::vector<std::string>& protocols) {
  if (over || !known) return over;
  // Without the links no next hop is known to lead anywhere.
  if (!isSynced("connected")) return false;
  for (auto& protocol : protocols)
    if (expected.count(protocol) > 0 && !isSynced(protocol)) return false;
  return true;
}

bool Hold::isOver() {
  if (over || !known) return over;
  for (auto& protocol : expected)
    if (!isSynced(protocol)) return false;
  xrl::log::info("all protocols have announced their routes");
  over = true;
  expiring = nullptr;
  return true;
}

}  // namespace xylem::rib
