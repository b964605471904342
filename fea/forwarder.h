#pragma once
// The forwarding plane, as the rest of the FEA sees it: whoever forwards the packets implements this class.
//
// Interfaces come out, routes and the configuration of interfaces go in. There is one writer of routes at a time:
//
//     co_await plane.beginSync();     // a new writer; what the plane holds is stale until it is pushed again
//     co_await plane.push(batch);     // any number; groups first, then the routes that use them
//     co_await plane.synced();        // what is still stale is removed
//     co_await plane.push(batch);     // from now on changes
//
// A route that is pushed as the plane holds it already is not touched, and one that differs is replaced in one step, so
// that a writer may come anew at any time without a packet being lost. The ids of groups are the writer's own; they end
// with it. `beginSync` and `synced` with nothing in between empties the plane.

#include <kj/async.h>
#include <kj/string.h>
#include <kj/vector.h>
#include <net/ip.h>
#include <net/mac.h>
#include <rib/rib.capnp.h>

namespace xylem::fea {

struct Link {
  // A network interface as it is.
  kj::String name;
  uint index = 0;
  bool up = false;
  // Administratively.
  bool running = false;
  // Up, and with carrier.
  bool loopback = false, pointToPoint = false, multicast = false;
  uint mtu = 0;
  net::Mac mac;
  kj::Vector<net::IfAddr> addresses;
  // In order. Only those that can be used: an IPv6 address is not here while it may yet turn out to be a duplicate.
};

struct DesiredLink {
  // An interface as it should be.
  kj::String name;
  kj::Vector<net::IfAddr> addresses;
  kj::Maybe<uint> mtu;
  bool disable = false;
};

struct Fault {
  // What of a desired interface could not be had.
  kj::String link, text;
};

struct Counters {
  uint64_t installs = 0, withdrawals = 0;
  // Written and removed. What was already as it should be is not counted.
  uint32_t groups = 0;
  // Next-hop groups in the plane.
  uint32_t stale = 0;
  // Routes of an earlier writer, not yet confirmed.
  uint64_t errors = 0;
  // Writes that the plane refused.
  uint64_t lost = 0;
  // Routes that somebody else removed.
  uint64_t resyncs = 0;
  // Times that nobody knew any more what the plane held.
};

class Forwarder {
 public:
  class Listener {
    // What the plane has to say. Called from the loop, at times also within a call of the Forwarder.
   public:
    virtual void linksChanged(kj::ArrayPtr<const kj::String> names) = 0;
    // New, changed in any way, or gone: see `links`. Gathered for a few milliseconds.
    virtual void lost(kj::ArrayPtr<const net::IpNet> nets) = 0;
    // Somebody else removed or replaced these routes. Whoever wants them pushes them again.
    virtual void resync(kj::StringPtr reason) = 0;
    // Nobody knew what the plane held, so it has read that again: all is stale until pushed again, then `synced`. The
    // writer stays, and so do its groups until `synced`, beyond which only those are kept that it told again or used.
    // Never while a sync is under way.
    virtual void refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) = 0;
    // The plane could not take these; it holds nothing or the former route there.
  };

  virtual ~Forwarder() noexcept(false) {}

  virtual kj::StringPtr name() const = 0;

  virtual void forward() = 0;
  // From now on packets are forwarded between interfaces, if they were not.

  // ---- interfaces

  virtual kj::ArrayPtr<const kj::Own<Link>> links() = 0;
  // All there are now, by index. Valid until the loop turns.
  virtual kj::Vector<Fault> configure(kj::Vector<DesiredLink> desired) = 0;
  // Interfaces shall be like this. One that is not there gets its configuration when it appears, and addresses that
  // went with a link that was down are put back. Interfaces that are not named are left alone. What other people have
  // set is never deleted; what an earlier configuration has set is undone when it is no longer desired.

  // ---- routes. Calls take effect in the order in which they are made, and are done when their promise is.

  virtual kj::Promise<void> beginSync() = 0;
  // A new writer. Calls of the former one that have not taken effect fail.
  virtual kj::Promise<void> push(rib::Batch::Reader batch) = 0;
  // Takes the batch whole, or throws and takes nothing of it when it breaks a rule (batch.h). The batch must stay until
  // the promise is done or dropped. What the plane itself does not take is told to Listener::refused.
  //
  // A group may name an interface that is down or absent: such a hop joins when the interface comes up. While a group
  // has no hop at all its prefixes have no route; when it gets one again and the plane cannot know its routes,
  // it asks for a resync.
  virtual kj::Promise<void> synced() = 0;

  virtual Counters counters() const = 0;
};

}  // namespace xylem::fea
