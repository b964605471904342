// The first update of a session holds all interfaces: what was known before and is not in it has gone meanwhile.

#include <kj/debug.h>
#include <net/wire.h>
#include <protocols/kit/interfaces.h>

#include <algorithm>
#include <set>

namespace xylem::kit {

namespace {

Interface read(fea::Interface::Reader from) {
  Interface interface;
  interface.name = from.getName().cStr();
  interface.index = from.getIndex();
  interface.up = from.getUp();
  interface.running = from.getRunning();
  interface.loopback = from.getLoopback();
  interface.pointToPoint = from.getPointToPoint();
  interface.multicast = from.getMulticast();
  interface.mtu = from.getMtu();
  KJ_IF_MAYBE (mac, net::read(from.getMac())) interface.mac = *mac;
  for (auto address : from.getAddresses())
    KJ_IF_MAYBE (valid, net::read(address))
      if (!valid->isNone()) interface.addresses.push_back(*valid);
  return interface;
}

}  // namespace

bool Interface::has(net::Ip address) const {
  return std::any_of(addresses.begin(), addresses.end(), [&](auto& own) { return own.address() == address; });
}

class Interfaces::Follower final : public fea::Fea::InterfaceFollower::Server {
 public:
  explicit Follower(Interfaces& interfaces) : interfaces(interfaces) {}

 private:
  kj::Promise<void> update(UpdateContext context) override {
    auto list = context.getParams().getInterfaces();
    if (std::exchange(first, false)) {
      std::set<std::string> here, before;
      for (auto each : list) here.insert(each.getName().cStr());
      for (auto& each : interfaces.known) before.insert(each.first);
      for (auto& name : before)
        if (here.count(name) == 0) interfaces.drop(name);
      interfaces.heard = true;
    }
    for (auto each : list) interfaces.take(read(each));
    return kj::READY_NOW;
  }
  kj::Promise<void> gone(GoneContext context) override {
    interfaces.drop(context.getParams().getName().cStr());
    return kj::READY_NOW;
  }

  Interfaces& interfaces;
  bool first = true;
};

Interfaces::Interfaces(xrl::Process& process, Told changed, Told gone)
    : changed(kj::mv(changed)),
      gone(kj::mv(gone)),
      remote(process, "fea", [this](fea::Fea::Client fea) { return session(kj::mv(fea)); }) {}

kj::Promise<void> Interfaces::session(fea::Fea::Client fea) {
  auto request = fea.interfacesRequest();
  request.setFollower(kj::heap<Follower>(*this));
  return request.send().then(
      [](auto&& response) { return kj::Promise<void>(kj::NEVER_DONE).attach(response.getSubscription()); });
}

kj::Maybe<const Interface&> Interfaces::find(kj::StringPtr name) const {
  auto found = known.find(name.cStr());
  if (found == known.end()) return nullptr;
  return found->second;
}

void Interfaces::take(Interface&& interface) {
  auto& place = known[interface.name];
  if (place == interface) return;
  place = kj::mv(interface);
  changed(place);
}

void Interfaces::drop(const std::string& name) {
  auto found = known.find(name);
  if (found == known.end()) return;
  auto last = kj::mv(found->second);
  known.erase(found);
  gone(last);
}

}  // namespace xylem::kit
