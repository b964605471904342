// Remote: connect, hold a session, and start over.

#include <xrl/remote.h>

namespace xylem::xrl {

namespace {
constexpr auto PAUSE_AFTER_FAULT = 100 * kj::MILLISECONDS;
}

RemoteBase::RemoteBase(Process& process, kj::StringPtr target, kj::StringPtr interface, Session session)
    : process(process),
      target(kj::str(target)),
      interface(kj::str(interface)),
      session(kj::mv(session)),
      running(nullptr) {
  process.wants(target);
  running = kj::Promise<void>(run()).eagerlyEvaluate([this](kj::Exception&& problem) {
    log::error("gave up on target", "target", this->target, "reason", problem.getDescription());
  });
}

Task<void> RemoteBase::run() {
  for (;;) {
    auto connection = co_await process.connect(target, true);
    log::debug("connected", "target", target);
    co_await attend(*connection);
    log::debug("disconnected", "target", target);
  }
}

kj::Promise<void> RemoteBase::attend(Connection& connection) {
  // One session, until the connection ends; after a fault in it, with a pause.
  auto request = connection.bootstrap().castAs<Services>().getRequest();
  request.setInterface(interface);
  auto client = request.send().getService();
  auto over = connection.onDisconnect().fork();
  auto held = session(kj::mv(client)).then([over = over.addBranch()]() mutable { return kj::mv(over); });
  return held.exclusiveJoin(over.addBranch()).catch_([this](kj::Exception&& problem) -> kj::Promise<void> {
    if (problem.getType() == kj::Exception::Type::DISCONNECTED) return kj::READY_NOW;
    log::warn("session failed", "target", target, "reason", problem.getDescription());
    return process.loop.timer().afterDelay(PAUSE_AFTER_FAULT);
  });
}

}  // namespace xylem::xrl
