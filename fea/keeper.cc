// One call at a time: the next one says all that has come together meanwhile.

#include <fea/keeper.h>

#include <net/wire.h>
#include <xrl/log.h>

namespace xylem::fea {

namespace {

void write(net::IpNet net, rib::Route::Builder to) {
  auto parts = net::partsOf(net);
  to.setVersion(parts.version);
  to.setLength(parts.length);
  to.setHigh(parts.high);
  to.setLow(parts.low);
}

void moveSome(std::set<net::IpNet>& from, size_t most, kj::Vector<net::IpNet>& to) {
  while (!from.empty() && to.size() < most) to.add(from.extract(from.begin()).value());
}

}  // namespace

Keeper::Keeper(FibKeeper::Client client)
    : client(kj::mv(client)), running(kj::Promise<void>(run()).eagerlyEvaluate([](kj::Exception&& e) {
        if (e.getType() != kj::Exception::Type::DISCONNECTED)
          xrl::log::warn("writer of routes cannot be told", "reason", e.getDescription());
      })) {}

void Keeper::lost(kj::ArrayPtr<const net::IpNet> nets) {
  lostNets.insert(nets.begin(), nets.end());
  if (lostNets.size() > MOST_LOST) return resync();
  wakeUp();
}

void Keeper::refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason) {
  for (auto& net : nets) {
    if (refusedCount >= MOST_REFUSED) break;
    refusedCount += refusals[reason.cStr()].insert(net).second;
  }
  wakeUp();
}

void Keeper::resync() {
  wantsResync = true;
  lostNets.clear();
  wakeUp();
}

void Keeper::wakeUp() {
  KJ_IF_MAYBE (waiting, wake) (*waiting)->fulfill();
  wake = nullptr;
}

kj::Promise<void> Keeper::somethingNew() {
  if (!isIdle()) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  wake = kj::mv(paf.fulfiller);
  return kj::mv(paf.promise);
}

xrl::Task<void> Keeper::run() {
  for (;;) {
    co_await somethingNew();
    if (wantsResync) {
      wantsResync = false;
      co_await client.resyncRequest().send().ignoreResult();
    }
    if (!lostNets.empty()) co_await tellLost();
    if (!refusals.empty()) co_await tellRefused();
  }
}

kj::Promise<void> Keeper::tellLost() {
  kj::Vector<net::IpNet> nets;
  moveSome(lostNets, AT_ONCE, nets);
  auto request = client.lostRequest();
  auto routes = request.initRoutes(uint(nets.size()));
  for (auto i : kj::indices(nets)) write(nets[i], routes[i]);
  return request.send().ignoreResult();
}

kj::Promise<void> Keeper::tellRefused() {
  auto first = refusals.begin();
  kj::Vector<net::IpNet> nets;
  moveSome(first->second, AT_ONCE, nets);
  refusedCount -= nets.size();
  auto request = client.refusedRequest();
  request.setReason(first->first);
  auto routes = request.initRoutes(uint(nets.size()));
  for (auto i : kj::indices(nets)) write(nets[i], routes[i]);
  if (first->second.empty()) refusals.erase(first);
  return request.send().ignoreResult();
}

}  // namespace xylem::fea
