#pragma once
// The socket of one interface that speaks OSPF: IP protocol 89, the groups 224.0.0.5 and 224.0.0.6.

#include <protocols/kit/interfaces.h>
#include <protocols/kit/sockets.h>
#include <protocols/ospf/packet.h>

namespace xylem::ospf {

class Socket {
 public:
  struct Packet {
    Ip4 from;
    bool multicast;
    Bytes bytes;
    // Without the IP header.
  };
  using Received = kj::Function<void(const Packet&)>;

  Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, kj::Function<void()> opened,
         Received received);
  // Asks the FEA for it, again with pauses if that fails; says when it is there, and hands on what arrives until it is
  // dropped.
  KJ_DISALLOW_COPY(Socket);

  const uint32_t index;
  // Of the interface that it is bound to: one that was removed and made again needs a new socket.

  bool isOpen() const { return fd.get() >= 0; }

  void send(Ip4 source, Ip4 to, bool far, kj::ArrayPtr<const kj::byte> packet);
  // Lost if it is not open yet, or full, as on any link. `far`: it may cross routers.

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

}  // namespace xylem::ospf
