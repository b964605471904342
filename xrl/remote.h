#pragma once
// An interface of another process, for as long as both live, and again each time that the other one has come back.
//
//     Remote<rib::Rib> rib{process, "rib", [this](rib::Rib::Client rib) { return announceAll(kj::mv(rib)); }};
//
// The session is called with a fresh client whenever the target is there, and dropped when it is gone: what it has to
// do at first and what it does after a restart of the other side are the same code. If it throws, the connection is
// made anew.

#include <kj/function.h>
#include <xrl/log.h>
#include <xrl/process.h>

namespace xylem::xrl {

class RemoteBase {
 protected:
  using Session = kj::Function<kj::Promise<void>(capnp::Capability::Client)>;
  RemoteBase(Process& process, kj::StringPtr target, kj::StringPtr interface, Session session);

 private:
  Task<void> run();
  kj::Promise<void> attend(Connection& connection);

  Process& process;
  kj::String target, interface;
  Session session;
  kj::Promise<void> running;
};

template <typename Interface> class Remote : private RemoteBase {
 public:
  Remote(Process& process, kj::StringPtr target, kj::Function<kj::Promise<void>(typename Interface::Client)> session)
      : RemoteBase(process, target, capnp::Schema::from<Interface>().getShortDisplayName(),
                   [session = kj::mv(session)](capnp::Capability::Client client) mutable {
                     return session(client.castAs<Interface>());
                   }) {}
};

}  // namespace xylem::xrl
