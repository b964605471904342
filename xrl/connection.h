#pragma once
// One RPC connection over a Unix stream socket: calls, capabilities and file descriptors, both ways.
//
// The other side is not trusted. A message that is malformed or too large ends the connection, and nothing else. A peer
// that calls without waiting for answers, or does not read them, is not read from until it has caught up.

#include <capnp/capability.h>
#include <kj/io.h>
#include <xrl/caller.h>
#include <xrl/frames.h>
#include <xrl/loop.h>

namespace xylem::xrl {

constexpr size_t STREAM_WINDOW = 1 << 20;
// Bytes of one stream's messages that may be unanswered before its sender has to wait.
constexpr size_t CALL_WINDOW = 32 << 20;
// Bytes of calls that a peer may have unanswered here, and of answers that it may leave unread.
constexpr size_t MAX_QUESTIONS = 1 << 14;
// Calls that a peer may have made without finishing them, answered or not. Each can cost some KiB.

struct Limits {
  // What one peer may take of the memory here.
  size_t message = MAX_MESSAGE, window = CALL_WINDOW, questions = MAX_QUESTIONS;
};
constexpr Limits GUEST_LIMITS{1 << 20, 1 << 20, 1 << 10};
// Of a peer that need not be known to be honest, nor to be alone.

class Connection {
 public:
  Connection(Loop& loop, kj::AutoCloseFd socket, capnp::Capability::Client bootstrap,
             kj::Own<Caller> caller = kj::refcounted<Caller>(), Limits limits = {});
  // Serve `bootstrap` to the other side for as long as this lives. `caller` is who that is; its `connected` becomes
  // false when the other side has closed, died or broken the rules, before the capabilities that it held are dropped.
  ~Connection() noexcept(false);
  KJ_DISALLOW_COPY(Connection);

  capnp::Capability::Client bootstrap();
  // What the other side serves. Calls may be made at once; if it is gone they fail as DISCONNECTED.

  kj::Promise<void> onDisconnect();
  // The connection is over, and what the other side held here has been dropped.

  Caller& caller();

 private:
  class Network;
  struct Rpc;
  kj::Own<Network> network;
  kj::Own<Rpc> rpc;
};

}  // namespace xylem::xrl
