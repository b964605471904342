// A follower that is slow keeps a set of names that it has not heard of yet, and nothing else waits for it.

#include <fea/followers.h>

#include <kj/debug.h>
#include <net/wire.h>
#include <xrl/log.h>
#include <xrl/task.h>

#include <map>
#include <string>

namespace xylem::fea {

void write(const Link& link, Interface::Builder to) {
  to.setName(link.name);
  to.setIndex(link.index);
  to.setUp(link.up);
  to.setRunning(link.running);
  to.setLoopback(link.loopback);
  to.setPointToPoint(link.pointToPoint);
  to.setMulticast(link.multicast);
  to.setMtu(link.mtu);
  net::write(link.mac, to.initMac());
  auto addresses = to.initAddresses(uint(link.addresses.size()));
  for (auto i : kj::indices(link.addresses)) net::write(link.addresses[i], addresses[i]);
}

class Followers::Following final : public Fea::Subscription::Server {
 public:
  Following(Followers& followers, Fea::InterfaceFollower::Client follower, kj::Own<void> held)
      : followers(followers), follower(kj::mv(follower)), held(kj::mv(held)), telling(nullptr) {
    followers.all.insert(this);
    telling = kj::Promise<void>(tellAll()).eagerlyEvaluate([this](kj::Exception&& e) {
      if (e.getType() != kj::Exception::Type::DISCONNECTED)
        xrl::log::warn("follower of interfaces failed", "reason", e.getDescription());
      this->followers.all.erase(this);
    });
  }
  ~Following() noexcept(false) { followers.all.erase(this); }

  void changed(kj::StringPtr name) {
    names.insert(name.cStr());
    KJ_IF_MAYBE (waiting, wake) (*waiting)->fulfill();
    wake = nullptr;
  }

 private:
  kj::Promise<void> tell(kj::ArrayPtr<const Link* const> links) {
    auto request = follower.updateRequest();
    auto list = request.initInterfaces(uint(links.size()));
    for (auto i : kj::indices(links)) write(*links[i], list[i]);
    return request.send();
  }

  kj::Promise<void> tellOfAll() {
    kj::Vector<const Link*> links;
    for (auto& link : followers.plane.links()) links.add(link);
    return tell(links);
  }

  kj::Promise<void> tellOfChanges() {
    auto now = kj::mv(names);
    names.clear();
    kj::Vector<const Link*> links;
    for (auto& link : followers.plane.links())
      if (now.erase(link->name.cStr()) > 0) links.add(link);
    auto told = links.empty() ? kj::Promise<void>(kj::READY_NOW) : tell(links);
    for (auto& name : now) {
      auto request = follower.goneRequest();
      request.setName(name);
      told = told.then([sent = request.send()]() mutable { return kj::mv(sent); });
    }
    return told;
  }

  kj::Promise<void> somethingNew() {
    if (!names.empty()) return kj::READY_NOW;
    auto paf = kj::newPromiseAndFulfiller<void>();
    wake = kj::mv(paf.fulfiller);
    return kj::mv(paf.promise);
  }

  xrl::Task<void> tellAll() {
    co_await tellOfAll();
    for (;;) {
      co_await somethingNew();
      co_await tellOfChanges();
    }
  }

  Followers& followers;
  Fea::InterfaceFollower::Client follower;
  kj::Own<void> held;
  std::set<std::string> names;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> wake;
  kj::Promise<void> telling;
};

Fea::Subscription::Client Followers::add(Fea::InterfaceFollower::Client follower, kj::Own<void> held) {
  return kj::heap<Following>(*this, kj::mv(follower), kj::mv(held));
}

void Followers::changed(kj::ArrayPtr<const kj::String> names) {
  for (auto each : all)
    for (auto& name : names) each->changed(name);
}

}  // namespace xylem::fea
