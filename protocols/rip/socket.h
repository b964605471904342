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

  Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, kj::Function<void()> opened,
         Received received);
  // Asks the FEA for it, again with pauses if that fails; says when it is there, and hands on what arrives until it is
  // dropped.
  KJ_DISALLOW_COPY(Socket);

  const uint32_t index;
  // Of the interface that it is bound to: one that was removed and made again needs a new socket.

  bool isOpen() const { return fd.get() >= 0; }

  void send(typename F::Address to, uint16_t port, kj::ArrayPtr<const kj::byte> packet);
  // Lost if it is not open yet, or full, as on any link.

 private:
  xrl::Task<void> live();
  xrl::Task<void> receiveAll();
  bool receive();

  xrl::Loop& loop;
  kit::Sockets& sockets;
  const std::string interface;
  kj::Function<void()> opened;
  Received received;
  kj::AutoCloseFd fd;
  kj::Array<kj::byte> buffer;
  kj::Promise<void> living;
};

}  // namespace xylem::rip
