#pragma once
// The kernel's interfaces: a live picture, and the configuration of those that the operator has named.
//
// It is fed with the events of a Netlink socket that is subscribed to links and addresses. Addresses that are added
// here carry the plane's protocol number (IFA_PROTO, kernel 5.18), so that a later process knows which ones are ours.

#include <fea/forwarder.h>
#include <fea/netlink.h>
#include <kj/map.h>

namespace xylem::fea {

class KernelLinks {
 public:
  class Listener {
   public:
    virtual void linkChanged(const Link& link) = 0;
    // New, changed or gone (then it is neither up nor running, and has no index).
    virtual void linkLost(uint index) = 0;
    // The kernel has dropped every next hop over this interface. Told before linkChanged.
  };

  KernelLinks(Listener& listener, uint8_t protocol) : listener(listener), protocol(protocol) {}
  // Empty until the first `reread`.
  KJ_DISALLOW_COPY(KernelLinks);

  bool reread();
  // Take the whole picture from the kernel. False if it changed meanwhile too often to be had.

  void event(const nlmsghdr& message);
  // A message about a link or an address; others are ignored.

  kj::ArrayPtr<const kj::Own<Link>> all() const { return links; }
  kj::Maybe<const Link&> find(kj::StringPtr name) const;

  kj::Vector<Fault> configure(kj::Vector<DesiredLink> desired);

 private:
  struct Address {
    uint link;
    net::IfAddr address;
    bool ours, usable;
  };
  struct Configured {
    DesiredLink desired;
    kj::Maybe<uint> formerMtu;
    // To go back to, when it was changed here.
    bool downed = false;
    bool wanted = true;
  };

  void linkEvent(const nlmsghdr& message);
  void linkGone(uint index);
  void addressEvent(const nlmsghdr& message);
  void refresh(Link& link);
  Link* at(uint index);

  void apply(Configured& configured, kj::Vector<Fault>& faults);
  void applyMtu(const Link& link, Configured& configured, kj::Vector<Fault>& faults);
  void applyAddresses(const Link& link, const Configured& configured, kj::Vector<Fault>& faults);
  void removeUnwanted(kj::Vector<Fault>& faults);
  void heal(kj::StringPtr name, bool appeared);
  void set(const Link& link, uint mask, uint flags, kj::Maybe<uint> mtu, kj::Vector<Fault>& faults);
  bool isDesired(const Link& link, const net::IfAddr& address) const;

  Listener& listener;
  uint8_t protocol;
  Netlink netlink;
  kj::Vector<kj::Own<Link>> links;
  kj::Vector<Address> addresses;
  kj::HashMap<kj::String, Configured> configuration;
  bool healing = false;
};

}  // namespace xylem::fea
