#pragma once
// Discovery: who else is a router on a link, for peering without configured addresses (RFC 4861 sections 4.2 and 6).
//
// It advertises this router, as one that is nobody's default router, and listens for others. The last one heard is the
// neighbour: such links have two ends.

#include <net/bytes.h>
#include <net/mac.h>
#include <protocols/kit/interfaces.h>
#include <protocols/kit/sockets.h>
#include <xrl/bell.h>
#include <xrl/loop.h>

namespace xylem::bgp {

kj::Array<kj::byte> routerAdvertisement(net::Mac mac);
// ICMPv6, the checksum left to the system.
bool isRouterAdvertisement(net::Bytes packet);
// A valid one (RFC 4861 section 6.1.2), as far as its bytes can tell.

class Discovery {
 public:
  using Found = kj::Function<void(net::Ip6)>;

  Discovery(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interfaces& interfaces, std::string interface,
            Found found);
  KJ_DISALLOW_COPY(Discovery);

  void interfaceChanged() { change.ring(); }
  // Any has.

 private:
  xrl::Task<void> live();
  xrl::Task<void> advertise(int fd, net::Mac mac);
  xrl::Task<void> listen(int fd);
  bool receive(int fd);
  kj::Maybe<const kit::Interface&> running() const;

  xrl::Loop& loop;
  kit::Sockets& sockets;
  const kit::Interfaces& interfaces;
  const std::string interface;
  Found found;
  net::Ip6 heard;
  // Last.
  xrl::Bell change, answer;
  kj::Promise<void> living;
};

}  // namespace xylem::bgp
