#pragma once
// The socket of one interface that speaks RIP.

#include <net/sockaddr.h>
#include <protocols/kit/interfaces.h>
#include <protocols/kit/sockets.h>
#include <protocols/rip/core.h>

namespace xylem::rip {

template <typename F> class Socket {
 public:
  using Received = kj::Function<void(const Datagram<F>&)>;

  Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, Received received);
  // Asks the FEA for it, again with pauses if that fails; hands on what arrives until it is dropped.
  KJ_DISALLOW_COPY(Socket);

  const uint32_t index;
  // Of the interface that it is bound to: one that was removed and made again needs a new socket.

  void send(typename F::Address to, uint16_t port, kj::ArrayPtr<const kj::byte> packet);
  // Lost if there is no socket yet or it is full, as on any link.

 private:
  xrl::Task<void> live();
  xrl::Task<void> receiveAll();
  bool receive();

  xrl::Loop& loop;
  kit::Sockets& sockets;
  const std::string interface;
  Received received;
  kj::AutoCloseFd fd;
  kj::Array<kj::byte> buffer;
  kj::Promise<void> living;
};

}  // namespace xylem::rip
