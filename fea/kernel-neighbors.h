#pragma once
// The kernel's neighbors (ARP, and RFC 4861): who has which address on which link, for a plane that forwards beside the
// kernel. The kernel finds them and watches over them; those that are known are used now and then in the plane's name,
// so that the kernel notices when one is gone.

#include <fea/netlink.h>
#include <kj/async.h>
#include <kj/vector.h>
#include <net/mac.h>
#include <xrl/loop.h>
#include <xrl/task.h>

#include <map>

namespace xylem::fea {

struct Neighbor {
  uint index;
  // Of the interface.
  net::Ip address;
  kj::Maybe<net::Mac> mac;
  // Nothing: not known any more.
};

class KernelNeighbors {
 public:
  using Changed = kj::Function<void(kj::ArrayPtr<const Neighbor>)>;
  KernelNeighbors(xrl::Loop& loop, Changed changed);
  KJ_DISALLOW_COPY(KernelNeighbors);

  kj::Vector<Neighbor> all() const;

 private:
  xrl::Task<void> listen();
  xrl::Task<void> keepAlive();
  void reread();
  void event(const nlmsghdr& message);
  void tell();

  xrl::Loop& loop;
  Changed changed;
  Netlink events, requests;
  std::map<std::pair<uint, net::Ip>, net::Mac> known;
  kj::Vector<Neighbor> news;
  kj::Promise<void> listening, keeping;
};

}  // namespace xylem::fea
