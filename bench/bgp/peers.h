#pragma once
// The neighbours of the router under test: announcers of a load, and a receiver that counts what comes through.
//
//     Peers peers(load, kernel);
//     peers.establish();
//     Passage up = peers.pass(true);       all announced, until all are at the receiver and in the kernel
//     peers.single(i);                     one prefix more, and away again
//     Passage down = peers.pass(false);    all withdrawn

#include <bench/bgp/kernel.h>
#include <bench/bgp/load.h>
#include <bench/bgp/reachable.h>
#include <bench/bgp/session.h>
#include <poll.h>

namespace xylem::bench {

struct Passage {
  // Moments by now(); 0: never.
  double begin = 0;
  double written = 0;
  // The router's TCP has taken everything.
  double received = 0;
  // The receiver can reach all, or none.
  double last = 0;
  // The last UPDATE that it was sent.
  double installed = 0;
};

struct Single {
  double received = 0, installed = 0;
  // Seconds since it was announced.
};

class Peers {
 public:
  Peers(const Load& load, kj::Maybe<Kernel&> kernel, double patience);
  // Without a kernel, nothing is expected to be installed. After `patience` seconds, a load is given up: what has not
  // happened until then, never did. Sessions that do not come up are a fault.

  void establish();
  // All sessions, and then nothing to hear for a second.
  Passage pass(bool up);
  // Returns when the receiver has heard nothing for two seconds after everything was there.
  kj::Maybe<Single> single(uint number);
  // Nothing if it does not come or go within half a minute.
  void serveUntil(int fd);
  // Keep the sessions until this can be read.
  size_t strangers() const { return reachable.strangers(); }

 private:
  struct Announcer {
    const Feed& feed;
    kj::Own<Session> session;
    net::Bytes rest;
    // Of what it is saying.
  };

  kj::Own<Session> connect(uint32_t as, net::Ip from, uint8_t version);
  void serve(int milliseconds, int fd = -1);
  void say(Announcer& announcer, net::Bytes bytes);
  void requireAlive(const Session& session);
  template <typename Is> bool untilSingle(fea::Netlink& watch, uint16_t type, net::Ip4Net net, Is&& done);

  const Load& load;
  kj::Maybe<Kernel&> kernel;
  kj::Maybe<Arrival> arrival;
  kj::Maybe<kj::Own<fea::Netlink>> watch;
  Reachable reachable;
  std::vector<Announcer> announcers;
  std::vector<kj::Own<Session>> receivers;
  std::vector<pollfd> polled;
  double patience, lastUpdate = 0;
};

}  // namespace xylem::bench
