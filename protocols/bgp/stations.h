#pragma once
// BMP stations: who watches this router, and is told its sessions and routes (RFC 7854, Loc-RIB: RFC 9069).
//
//     stations.up(peer); stations.down(peer, why);     sessions come and go
//     while (stations.step(500)) ...                   routes are told, by slices
//
// A station is called by this router. It is told what it is configured to see of the sessions that are up, then of each
// change; one that reads slowly gets fewer messages about more, and one that takes nothing for two minutes is left, to
// be called again. It learns AS paths with numbers of four octets, whatever the session of the peer has.

#include <protocols/bgp.capnp.h>
#include <xrl/daemon.h>

#include <map>
#include <string>
#include <vector>

namespace xylem::bgp {

class Speaker;
class Peer;
struct Down;

class Stations {
 public:
  class Station;

  explicit Stations(Speaker& speaker);
  ~Stations() noexcept(false);
  KJ_DISALLOW_COPY(Stations);

  static void check(schema::Config::Bmp::Reader config, xrl::Problems& problems);
  void configure(schema::Config::Bmp::Reader config);
  void retire();
  // Say goodbye to all.

  void up(Peer& peer);
  void down(Peer& peer, const Down& down);
  bool step(uint destinations);
  // Whether there is more to do now.

  void fill(capnp::List<schema::Show::Station>::Builder list);
  uint size() const { return uint(all.size()); }

 private:
  Speaker& speaker;
  std::map<std::string, kj::Own<Station>> all;
  std::vector<kj::Own<Station>> leaving;
  // No longer configured; what they were told is being forgotten.
};

}  // namespace xylem::bgp
