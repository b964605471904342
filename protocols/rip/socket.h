#pragma once
// The socket of one interface that speaks RIP.

#include <net/sockaddr.h>
#include <protocols/kit/link-socket.h>
#include <protocols/kit/sockets.h>
#include <protocols/rip/core.h>

namespace xylem::rip {

template <typename F> class Socket {
 public:
  using Received = kj::Function<void(const Datagram<F>&)>;

  Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, kj::Function<void()> opened,
         Received received);
  // As kit::LinkSocket.
  KJ_DISALLOW_COPY(Socket);

  uint32_t index() const { return socket.index; }
  bool isOpen() const { return socket.isOpen(); }

  void send(typename F::Address to, uint16_t port, kj::ArrayPtr<const kj::byte> packet);
  // Lost if it is not open yet, or full, as on any link.

 private:
  void take(const kit::Arrival& arrival);

  Received received;
  kit::LinkSocket socket;
};

}  // namespace xylem::rip
