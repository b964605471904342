#pragma once
// Who calls: the listening sockets of both IP versions, with the keys of those who may (RFC 2385).
//
//     Listener listener(loop, sockets, [](kj::AutoCloseFd connection, const net::Endpoint& from) { ... });
//     listener.setKeys({{net, "secret"}, ...});
//
// The FEA is asked for the sockets, again after a second if that fails.

#include <net/sockaddr.h>
#include <protocols/kit/sockets.h>

#include <map>
#include <string>
#include <vector>

namespace xylem::bgp {

class Listener {
 public:
  using Came = kj::Function<void(kj::AutoCloseFd, const net::Endpoint&)>;
  using Keys = std::map<net::IpNet, std::string>;

  Listener(xrl::Loop& loop, kit::Sockets& sockets, Came came);
  KJ_DISALLOW_COPY(Listener);

  void setKeys(Keys wanted);
  // All there are; those that were there and are not among these are taken away.

 private:
  xrl::Task<void> listen(uint8_t version);
  xrl::Task<void> accept(kj::AutoCloseFd fd, uint8_t version);
  static void tell(int fd, net::IpNet net, const std::string& key);

  xrl::Loop& loop;
  kit::Sockets& sockets;
  Came came;
  std::map<uint8_t, int> listening;
  // By version.
  Keys keys;
  kj::Promise<void> four, six;
  // Last, since they use all of this.
};

}  // namespace xylem::bgp
