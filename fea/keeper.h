#pragma once
// What the plane has to say to the writer of its routes, in order and without queueing beyond bound.
//
// Routes that are lost while the writer is slow are gathered; when they become too many, a resync says the same.

#include <fea/fea.capnp.h>
#include <kj/vector.h>
#include <net/ip.h>
#include <xrl/task.h>

#include <map>
#include <set>
#include <string>

namespace xylem::fea {

class Keeper {
 public:
  explicit Keeper(FibKeeper::Client client);
  KJ_DISALLOW_COPY(Keeper);

  void lost(kj::ArrayPtr<const net::IpNet> nets);
  void refused(kj::ArrayPtr<const net::IpNet> nets, kj::StringPtr reason);
  void resync();

  static constexpr size_t MOST_LOST = 1 << 17, MOST_REFUSED = 1 << 12, AT_ONCE = 4096;
  // Routes. Of more that are refused the writer is not told; the plane counts them.

 private:
  xrl::Task<void> run();
  bool isIdle() const { return !wantsResync && lostNets.empty() && refusals.empty(); }
  kj::Promise<void> somethingNew();
  kj::Promise<void> tellLost();
  kj::Promise<void> tellRefused();
  void wakeUp();

  FibKeeper::Client client;
  std::set<net::IpNet> lostNets;
  std::map<std::string, std::set<net::IpNet>> refusals;
  size_t refusedCount = 0;
  bool wantsResync = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> wake;
  kj::Promise<void> running;
};

}  // namespace xylem::fea
