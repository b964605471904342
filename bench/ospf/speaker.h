#pragma once
// One neighbour of the router under test: an end of the grid, with an interface of its own.
//
//     Speaker speaker(grid, 0, "eth0", Tells::ALL);
//     speaker.tick();                        begins; then whenever a second has passed
//     if (readable(speaker.fd())) speaker.receive();
//     speaker.flood(changed);                when speaker.isFull()
//
// It answers at once, acknowledges whatever it is told, and keeps none of it. It is a fault when the router gives the
// adjacency up.

#include <bench/ospf/grid.h>
#include <kj/io.h>
#include <protocols/ospf/packet.h>

#include <unordered_map>

namespace xylem::bench {

enum class Tells { ALL, ITSELF };
// What its database holds when the adjacency begins: the whole grid, or its own LSA alone.

class Speaker {
 public:
  Speaker(const Grid& grid, uint end, kj::StringPtr interface, Tells tells);

  int fd() const { return socket; }
  void receive();
  // All that has come.
  void tick();
  // Says hello, and repeats what was not answered.

  void flood(const std::vector<ospf::LsaPtr>& changed);
  bool isFull() const { return state == State::FULL && missing == 0; }
  // The exchange is over, and the router has asked for all that it described.

  struct Moments {
    // Of the monotonic clock, in seconds; zero: not yet.
    double began = 0;
    // It described its database for the first time.
    double told = 0;
    // The last LSA left.
    double heard = 0;
    // The router passed on the last LSA.
    uint repeated = 0;
    // How often something had to be said again.
  } moments;

 private:
  enum class State { INIT, EXSTART, EXCHANGE, FULL };

  void take(net::Ip4 from, net::Bytes packet);
  void hello(net::Bytes body);
  void describe();
  void describeNext(const ospf::Description& answer);
  void answer(const std::vector<ospf::Key>& list);
  void acknowledge(const std::vector<net::Bytes>& list);
  void forget(const std::vector<ospf::LsaHeader>& list);
  void sayHello();
  void update(const std::vector<ospf::LsaPtr>& list);
  void send(ospf::PacketWriter packet);

  const Grid& grid;
  const uint self;
  kj::AutoCloseFd socket;
  State state = State::INIT;
  bool known = false;
  // The router has said hello.
  std::vector<uint> summary;
  size_t summarized = 0, missing = 0;
  std::vector<bool> asked;
  std::vector<ospf::LsaPtr> later;
  // To be sent when all is described.
  ospf::Description description;
  double repeatAt = 0;
  std::unordered_map<ospf::Key, ospf::LsaPtr, ospf::KeyHash> unacknowledged;
};

}  // namespace xylem::bench
