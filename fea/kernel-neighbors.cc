// Neighbors. An event that was lost is made good by reading all again.

#include <fea/kernel-neighbors.h>
#include <linux/neighbour.h>
#include <netlink/msg.h>
#include <xrl/log.h>

namespace xylem::fea {

namespace {

constexpr auto KEEP_ALIVE = 20 * kj::SECONDS;
constexpr uint16_t USABLE = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;

}  // namespace

KernelNeighbors::KernelNeighbors(xrl::Loop& loop, Changed changed)
    : loop(loop), changed(kj::mv(changed)), listening(nullptr), keeping(nullptr) {
  events.subscribe(RTNLGRP_NEIGH);
  reread();
  news.clear();
  auto failed = [](kj::Exception&& bug) { xrl::log::error("neighbors are lost", "reason", bug.getDescription()); };
  listening = kj::Promise<void>(listen()).eagerlyEvaluate(failed);
  keeping = kj::Promise<void>(keepAlive()).eagerlyEvaluate(failed);
}

kj::Vector<Neighbor> KernelNeighbors::all() const {
  kj::Vector<Neighbor> out;
  for (auto& [key, mac] : known) out.add(Neighbor{key.first, key.second, mac});
  return out;
}

void KernelNeighbors::reread() {
  auto former = kj::mv(known);
  known = {};
  while (!requests.dump(RTM_GETNEIGH, ndmsg{}, [this](const nlmsghdr& message) { event(message); })) known.clear();
  for (auto& [key, mac] : former)
    if (known.count(key) == 0) news.add(Neighbor{key.first, key.second, nullptr});
}

void KernelNeighbors::event(const nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNEIGH && message.nlmsg_type != RTM_DELNEIGH) return;
  auto& header = *static_cast<ndmsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
  if (header.ndm_family != AF_INET && header.ndm_family != AF_INET6) return;
  Attributes attributes(message, sizeof header);
  auto address = attributes.ip(NDA_DST);
  auto link = attributes.bytes(NDA_LLADDR);
  if (address.isNone() || address.isMulticast()) return;
  std::pair<uint, net::Ip> key(uint(header.ndm_ifindex), address);
  bool isUsable = message.nlmsg_type == RTM_NEWNEIGH && (header.ndm_state & USABLE) && link.size() == 6;
  auto former = known.find(key);
  if (!isUsable) {
    if (former == known.end()) return;
    known.erase(former);
    news.add(Neighbor{key.first, address, nullptr});
    return;
  }
  auto mac = net::Mac::fromBytes(link.begin());
  if (former != known.end() && former->second == mac) return;
  known[key] = mac;
  news.add(Neighbor{key.first, address, mac});
}

void KernelNeighbors::tell() {
  if (news.empty()) return;
  auto told = kj::mv(news);
  news = {};
  changed(told);
}

xrl::Task<void> KernelNeighbors::listen() {
  xrl::Readiness readable(loop, events.fd(), xrl::Readiness::READ);
  for (;;) {
    co_await readable.wait();
    for (auto received = Netlink::Received::MESSAGES; received != Netlink::Received::NOTHING;) {
      received = events.receive([this](const nlmsghdr& message) { event(message); });
      if (received == Netlink::Received::OVERRUN) reread();
    }
    tell();
  }
}

xrl::Task<void> KernelNeighbors::keepAlive() {
  for (;;) {
    co_await loop.timer().afterDelay(KEEP_ALIVE);
    auto each = all();
    for (auto& neighbor : each) {
      ndmsg header{};
      header.ndm_family = neighbor.address.is4() ? AF_INET : AF_INET6;
      header.ndm_ifindex = int(neighbor.index);
      header.ndm_flags = NTF_USE;
      Message message(RTM_NEWNEIGH, 0, header);
      message.put(NDA_DST, neighbor.address);
      // One that went away meanwhile is told of as an event.
      auto refused = requests.request(message);
      (void)refused;
    }
  }
}

}  // namespace xylem::fea
