// A socket of the FEA's, connected.

#include <protocols/bgp/server-link.h>

#include <net/wire.h>
#include <xrl/log.h>

namespace xylem::bgp {

void ServerLink::connect() {
  close();
  opening = kj::Promise<void>(open()).eagerlyEvaluate(nullptr);
}

void ServerLink::close() {
  opening = nullptr;
  if (connection.get() != nullptr) Connection::drop(kj::mv(connection), shell.tasks);
}

void ServerLink::finish() {
  opening = nullptr;
  if (connection.get() != nullptr) Connection::finish(kj::mv(connection), shell.tasks);
}

void ServerLink::send(Bytes bytes) {
  if (connection.get() != nullptr) connection->send(bytes);
}

xrl::Task<void> ServerLink::open() {
  auto asked = shell.sockets.tcp([this](fea::Fea::TcpOptions::Builder options) {
    options.setVersion(to.address.version());
    if (!to.local.isNone()) net::write(to.local, options.initAddress());
  });
  kj::Maybe<kj::AutoCloseFd> socket;
  auto given = asked.then([&socket](kj::AutoCloseFd fd) { socket = kj::mv(fd); });
  kj::String reason;
  auto caught = given.catch_([&reason](kj::Exception&& problem) { reason = kj::str(problem.getDescription()); });
  co_await kj::mv(caught);
  KJ_IF_MAYBE (fd, socket) {
    connection =
        kj::heap<Connection>(shell.loop, owner(), Way::OUTGOING, kj::mv(*fd), to.address, to.port, /* scope */ 0);
  } else {
    xrl::log::warn("no socket", "server", to.address, "reason", reason);
    // This task would be dropped by a user who connects again at once.
    shell.tasks.add(kj::mv(opening));
    user.lost("no socket");
  }
}

void ServerLink::lost(Way, kj::StringPtr reason) {
  // The reason may be in the connection's own memory, which stays until the loop turns.
  Connection::drop(kj::mv(connection), shell.tasks);
  user.lost(reason);
}

size_t ServerLink::received(Way, Bytes bytes) {
  user.received(bytes);
  return bytes.size();
}

}  // namespace xylem::bgp
