#pragma once
// A process among the others of its router: known to the Finder, connected with whom it needs.
//
// It keeps its registration: when the Finder dies and returns, it registers again. Connections that exist do not need
// the Finder and outlive it.

#include <xrl/connection.h>
#include <xrl/offers.h>
#include <xrl/task.h>

namespace xylem::xrl {

class Process final {
 public:
  Process(Loop& loop, kj::String runDirectory, kj::String name, kj::ArrayPtr<const kj::byte> schema);
  // `name` may be empty: a tool that calls others and is not called. The Finder listens at `finder` in the run
  // directory.
  ~Process() noexcept(false);
  KJ_DISALLOW_COPY(Process);

  Loop& loop;
  const kj::String runDirectory, name;
  kj::Own<Offers> offers;

  void wants(kj::StringPtr target);
  // Tell the Finder that this process stays connected with that one.

  kj::Promise<void> serve();
  // Register, and accept whom the Finder introduces, until dropped.

  void stop();
  // Serve nobody any more: drops what callers have and have begun.

  kj::Promise<kj::Own<Connection>> connect(kj::StringPtr target, bool wait);
  // A connection with that target; its bootstrap is a Services. With `wait`, once there is one, however long
  // that takes; otherwise a target that is not there is an error. A process with a name has to be registered first, and
  // this waits for that.

  kj::Promise<Finder::Client> finder();
  // The Finder, once it can be reached.

  bool isThere();
  // Somebody listens at the Finder's socket.

  kj::Promise<void> attendFinder(kj::Function<kj::Promise<void>(Finder::Client)> session);
  // Never ends: calls `session` each time that the Finder is there, and drops what it returned when the Finder is gone.

 private:
  class Accepted;
  class SelfAsTarget;
  struct Link;

  Task<void> stayRegistered();
  kj::Promise<bool> registerWith(Link& link);
  void list(capnp::List<capnp::Text>::Builder wants);
  kj::Maybe<Link&> tryLink();
  Task<void> attend(kj::Function<kj::Promise<void>(Finder::Client)> session);
  Task<kj::Own<Link>> reachFinder();
  Task<kj::Own<Connection>> connectTo(kj::String target, bool wait);

  kj::Vector<kj::String> wanted;
  kj::Maybe<kj::Own<Link>> link;
  kj::Own<Accepted> accepted;
};

}  // namespace xylem::xrl
