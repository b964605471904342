#pragma once
// Who is on the other side of a connection.

#include <kj/refcount.h>
#include <kj/string.h>
#include <xrl/daemon.capnp.h>

namespace xylem::xrl {

struct Caller : public kj::Refcounted {
  // As the Finder vouches for it.
  kj::String name;
  // What it is registered as; empty for tools.
  uint32_t pid = 0, uid = 0, gid = 0;
  Role role = Role::GUEST;

  bool connected = true;
  // False once the connection has ended. While it is true, a capability that goes away was dropped on purpose.

  Caller() = default;
  explicit Caller(Peer::Reader peer)
      : name(kj::str(peer.getName())),
        pid(peer.getPid()),
        uid(peer.getUid()),
        gid(peer.getGid()),
        role(peer.getRole()) {}

  kj::Own<Caller> copy() { return kj::addRef(*this); }
};

}  // namespace xylem::xrl
