// Interfaces by netlink (rtnetlink(7)).
//
// A link's flags say both what was asked for (IFF_UP) and what is (IFF_LOWER_UP). When either goes, the kernel drops
// every nexthop object over the link and every route that has no other, without a word: the event about the link is
// the only sign of it, so each single one counts, and the last state alone would not do.
//
// IPv6 addresses are not usable while duplicate address detection runs (RFC 4862 section 5.4); and they go when the
// link goes down, without having been deleted by anybody: those that are configured are put back when it is up again.

#include <fea/kernel-links.h>

#include <kj/debug.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <xrl/log.h>

#include <algorithm>
#include <cerrno>

namespace xylem::fea {

namespace {

constexpr uint LOWER_UP = 1 << 16;
// IFF_LOWER_UP of linux/if.h, which does not go together with net/if.h.

bool sameLink(const Link& a, const Link& b) {
  return a.name == b.name && a.up == b.up && a.running == b.running && a.loopback == b.loopback &&
         a.pointToPoint == b.pointToPoint && a.multicast == b.multicast && a.mtu == b.mtu && a.mac == b.mac;
}

Link readLink(const nlmsghdr& message) {
  auto& header = *static_cast<ifinfomsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
  Attributes attributes(message, sizeof(ifinfomsg));
  Link link;
  link.name = kj::str(attributes.text(IFLA_IFNAME));
  link.index = uint(header.ifi_index);
  link.up = header.ifi_flags & IFF_UP;
  link.running = link.up && header.ifi_flags & LOWER_UP;
  link.loopback = header.ifi_flags & IFF_LOOPBACK;
  link.pointToPoint = header.ifi_flags & IFF_POINTOPOINT;
  link.multicast = header.ifi_flags & IFF_MULTICAST;
  link.mtu = attributes.u32(IFLA_MTU);
  auto mac = attributes.bytes(IFLA_ADDRESS);
  if (mac.size() == 6) link.mac = net::Mac::fromBytes(mac.begin());
  return link;
}

}  // namespace

bool KernelLinks::reread() {
  ifinfomsg anyLink{};
  ifaddrmsg anyAddress{};
  for (uint tries = 0; tries < 10; ++tries) {
    kj::Vector<Link> seen;
    bool whole = netlink.dump(RTM_GETLINK, anyLink, [&](const nlmsghdr& message) {
      if (message.nlmsg_type == RTM_NEWLINK) seen.add(readLink(message));
    });
    if (!whole) continue;
    kj::Vector<uint> gone;
    for (auto& link : links)
      if (std::none_of(seen.begin(), seen.end(), [&](auto& each) { return each.index == link->index; }))
        gone.add(link->index);
    for (auto index : gone) linkGone(index);

    auto former = kj::mv(addresses);
    addresses = {};
    for (auto& link : seen) {
      if (at(link.index) == nullptr) links.add(kj::heap<Link>())->index = link.index;
    }
    std::sort(links.begin(), links.end(), [](auto& a, auto& b) { return a->index < b->index; });
    if (!netlink.dump(RTM_GETADDR, anyAddress, [&](const nlmsghdr& message) { addressEvent(message); })) {
      addresses = kj::mv(former);
      continue;
    }
    if (!netlink.dump(RTM_GETLINK, anyLink, [&](const nlmsghdr& message) { linkEvent(message); })) continue;
    for (auto& link : links) refresh(*link);
    return true;
  }
  return false;
}

Link* KernelLinks::at(uint index) {
  for (auto& link : links)
    if (link->index == index) return link;
  return nullptr;
}

kj::Maybe<const Link&> KernelLinks::find(kj::StringPtr name) const {
  for (auto& link : links)
    if (link->name == name) return *link;
  return nullptr;
}

void KernelLinks::event(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
      return linkEvent(message);
    case RTM_DELLINK: {
      auto& header = *static_cast<ifinfomsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
      // A port that leaves its bridge is told with that family.
      if (header.ifi_family == AF_UNSPEC) linkGone(uint(header.ifi_index));
      return;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return addressEvent(message);
  }
}

void KernelLinks::linkEvent(const nlmsghdr& message) {
  auto& header = *static_cast<ifinfomsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
  if (header.ifi_family != AF_UNSPEC) return;
  auto now = readLink(message);
  if (now.name.size() == 0) return;
  auto link = at(now.index);
  bool appeared = link == nullptr || link->name != now.name;
  if (link == nullptr) {
    auto place = std::find_if(links.begin(), links.end(), [&](auto& each) { return each->index > now.index; });
    auto position = size_t(place - links.begin());
    links.add(kj::heap<Link>());
    std::rotate(links.begin() + position, links.end() - 1, links.end());
    link = links[position];
    link->index = now.index;
  } else if (sameLink(*link, now)) {
    return;
  }
  if (appeared && link->name.size() > 0) {
    // Renamed: nobody is left under the former name.
    Link former;
    former.name = kj::mv(link->name);
    listener.linkChanged(former);
  } else if (link->running && !now.running) {
    listener.linkLost(link->index);
  }
  bool cameUp = !link->up && now.up;
  now.addresses = kj::mv(link->addresses);
  *link = kj::mv(now);
  listener.linkChanged(*link);
  if (appeared || cameUp) heal(kj::str(link->name), appeared);
}

void KernelLinks::linkGone(uint index) {
  auto place = std::find_if(links.begin(), links.end(), [&](auto& each) { return each->index == index; });
  if (place == links.end()) return;
  auto link = kj::mv(*place);
  std::rotate(place, place + 1, links.end());
  links.removeLast();
  addresses.truncate(
      size_t(std::remove_if(addresses.begin(), addresses.end(), [&](auto& a) { return a.link == index; }) -
             addresses.begin()));
  if (link->running) listener.linkLost(index);
  Link gone;
  gone.name = kj::mv(link->name);
  KJ_IF_MAYBE (configured, configuration.find(gone.name)) {
    configured->formerMtu = nullptr;
    configured->downed = false;
  }
  listener.linkChanged(gone);
}

void KernelLinks::addressEvent(const nlmsghdr& message) {
  auto& header = *static_cast<ifaddrmsg*>(nlmsg_data(const_cast<nlmsghdr*>(&message)));
  Attributes attributes(message, sizeof(ifaddrmsg));
  auto ip = attributes.has(IFA_LOCAL) ? attributes.ip(IFA_LOCAL) : attributes.ip(IFA_ADDRESS);
  auto whole = net::IfAddr::exactly(ip, header.ifa_prefixlen);
  if (whole == nullptr) return;
  auto address = KJ_ASSERT_NONNULL(whole);
  auto known = std::find_if(addresses.begin(), addresses.end(),
                            [&](auto& each) { return each.link == header.ifa_index && each.address == address; });
  bool there = message.nlmsg_type == RTM_NEWADDR;
  if (there) {
    auto flags = attributes.u32(IFA_FLAGS, header.ifa_flags);
    bool usable = !(flags & IFA_F_DADFAILED) && (!(flags & IFA_F_TENTATIVE) || flags & IFA_F_OPTIMISTIC);
    Address now{header.ifa_index, address, attributes.u8(IFA_PROTO) == protocol, usable};
    if (known == addresses.end())
      addresses.add(now);
    else
      *known = now;
  } else if (known != addresses.end()) {
    *known = addresses.back();
    addresses.removeLast();
  }
  auto link = at(header.ifa_index);
  if (link == nullptr || link->name.size() == 0) return;
  refresh(*link);
  if (!there) heal(kj::str(link->name), false);
}

void KernelLinks::refresh(Link& link) {
  kj::Vector<net::IfAddr> now;
  for (auto& each : addresses)
    if (each.link == link.index && each.usable) now.add(each.address);
  std::sort(now.begin(), now.end());
  if (now.size() == link.addresses.size() && std::equal(now.begin(), now.end(), link.addresses.begin())) return;
  link.addresses = kj::mv(now);
  listener.linkChanged(link);
}

// ---- configuration

kj::Vector<Fault> KernelLinks::configure(kj::Vector<DesiredLink> desired) {
  healing = true;
  KJ_DEFER(healing = false);
  kj::Vector<Fault> faults;
  for (auto& entry : configuration) entry.value.wanted = false;
  for (auto& each : desired) {
    auto& configured = configuration.findOrCreate(each.name, [&]() -> decltype(configuration)::Entry {
      return {kj::str(each.name), Configured()};
    });
    configured.wanted = true;
    configured.desired = kj::mv(each);
  }
  removeUnwanted(faults);
  reread();
  for (auto& entry : configuration) apply(entry.value, faults);
  configuration.eraseAll([](auto&, Configured& configured) { return !configured.wanted; });
  reread();  // What was just done is known at once, not only when the events of it are read.
  return faults;
}

bool KernelLinks::isDesired(const Link& link, const net::IfAddr& address) const {
  KJ_IF_MAYBE (configured, configuration.find(link.name)) {
    auto& desired = configured->desired.addresses;
    return configured->wanted && std::find(desired.begin(), desired.end(), address) != desired.end();
  }
  return false;
}

void KernelLinks::removeUnwanted(kj::Vector<Fault>& faults) {
  // Of all links at once, before anything is added: an address may move from one to another.
  for (auto& each : addresses) {
    auto link = at(each.link);
    if (!each.ours || link == nullptr || isDesired(*link, each.address)) continue;
    ifaddrmsg header{};
    header.ifa_family = each.address.version() == 4 ? AF_INET : AF_INET6;
    header.ifa_prefixlen = uint8_t(each.address.length());
    header.ifa_index = each.link;
    Message remove(RTM_DELADDR, 0, header);
    remove.put(IFA_LOCAL, each.address.address());
    remove.put(IFA_ADDRESS, each.address.address());
    KJ_IF_MAYBE (refusal, netlink.request(remove)) {
      if (refusal->error != EADDRNOTAVAIL && refusal->error != ENODEV)
        faults.add(Fault{kj::str(link->name), kj::str("cannot remove ", each.address, ": ", refusal->text)});
    }
  }
}

void KernelLinks::apply(Configured& configured, kj::Vector<Fault>& faults) {
  KJ_IF_MAYBE (link, find(configured.desired.name)) {
    applyMtu(*link, configured, faults);
    if (configured.wanted && configured.desired.disable) {
      if (link->up) {
        set(*link, IFF_UP, 0, nullptr, faults);
        configured.downed = true;
      }
      return;
    }
    if (!link->up && (configured.wanted || configured.downed)) set(*link, IFF_UP, IFF_UP, nullptr, faults);
    configured.downed = false;
    if (configured.wanted) applyAddresses(*link, configured, faults);
  }
}

void KernelLinks::applyMtu(const Link& link, Configured& configured, kj::Vector<Fault>& faults) {
  kj::Maybe<uint> target;
  if (configured.wanted) target = configured.desired.mtu;
  if (target == nullptr) {
    // Back to what it was, for what is no longer asked for.
    target = configured.formerMtu;
    configured.formerMtu = nullptr;
  } else if (configured.formerMtu == nullptr && link.mtu != KJ_ASSERT_NONNULL(target)) {
    configured.formerMtu = link.mtu;
  }
  KJ_IF_MAYBE (mtu, target)
    if (link.mtu != *mtu) set(link, 0, 0, *mtu, faults);
}

void KernelLinks::applyAddresses(const Link& link, const Configured& configured, kj::Vector<Fault>& faults) {
  for (auto& address : configured.desired.addresses) {
    bool there = std::any_of(addresses.begin(), addresses.end(),
                             [&](auto& each) { return each.link == link.index && each.address == address; });
    if (there) continue;
    ifaddrmsg header{};
    header.ifa_family = address.version() == 4 ? AF_INET : AF_INET6;
    header.ifa_prefixlen = uint8_t(address.length());
    header.ifa_index = link.index;
    Message add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header);
    add.put(IFA_LOCAL, address.address());
    add.put(IFA_ADDRESS, address.address());
    add.put(IFA_PROTO, protocol);
    KJ_IF_MAYBE (refusal, netlink.request(add)) {
      if (refusal->error == EEXIST) continue;
      faults.add(Fault{kj::str(link.name), kj::str("cannot set the address ", address, ": ", refusal->text)});
    }
  }
}

void KernelLinks::set(const Link& link, uint mask, uint flags, kj::Maybe<uint> mtu, kj::Vector<Fault>& faults) {
  ifinfomsg header{};
  header.ifi_index = int(link.index);
  header.ifi_change = mask;
  header.ifi_flags = flags;
  Message change(RTM_NEWLINK, 0, header);
  KJ_IF_MAYBE (value, mtu) change.put(IFLA_MTU, uint32_t(*value));
  KJ_IF_MAYBE (refusal, netlink.request(change)) {
    auto what = mtu == nullptr ? kj::str(flags ? "bring it up" : "take it down")
                               : kj::str("set the MTU ", KJ_ASSERT_NONNULL(mtu));
    faults.add(Fault{kj::str(link.name), kj::str("cannot ", what, ": ", refusal->text)});
  }
}

void KernelLinks::heal(kj::StringPtr name, bool appeared) {
  if (healing) return;
  healing = true;
  KJ_DEFER(healing = false);
  kj::Vector<Fault> faults;
  KJ_IF_MAYBE (configured, configuration.find(name)) {
    if (appeared) {
      apply(*configured, faults);
    } else if (!configured->desired.disable) {
      KJ_IF_MAYBE (link, find(name)) {
        if (link->up) applyAddresses(*link, *configured, faults);
      }
    }
  }
  for (auto& fault : faults)
    xrl::log::warn("interface not as configured", "interface", fault.link, "reason", fault.text);
}

}  // namespace xylem::fea
