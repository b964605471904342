#pragma once
// Those who follow the interfaces: each is told at its own pace, of the latest state only.

#include <fea/fea.capnp.h>
#include <fea/forwarder.h>

#include <set>

namespace xylem::fea {

void write(const Link& link, Interface::Builder to);

class Followers {
 public:
  explicit Followers(Forwarder& plane) : plane(plane) {}
  KJ_DISALLOW_COPY(Followers);

  Fea::Subscription::Client add(Fea::InterfaceFollower::Client follower, kj::Own<void> held);
  // First all, then changes, until the subscription is dropped or the follower fails. `held` goes with it.

  void changed(kj::ArrayPtr<const kj::String> names);

 private:
  class Following;

  Forwarder& plane;
  std::set<Following*> all;
};

}  // namespace xylem::fea
