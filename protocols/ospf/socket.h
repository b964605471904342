#pragma once
// The socket of one interface that speaks OSPF: IP protocol 89, the groups 224.0.0.5 and 224.0.0.6, or ff02::5 and
// ff02::6.

#include <protocols/kit/link-socket.h>
#include <protocols/kit/sockets.h>
#include <protocols/ospf/packet.h>

namespace xylem::ospf {

class Socket {
 public:
  struct Packet {
    Ip from;
    bool multicast;
    Bytes bytes;
    // Without the IP header.
  };
  using Received = kj::Function<void(const Packet&)>;

  Socket(xrl::Loop& loop, kit::Sockets& sockets, const kit::Interface& interface, Face face,
         kj::Function<void()> opened, Received received);
  // As kit::LinkSocket.
  KJ_DISALLOW_COPY(Socket);

  uint32_t index() const { return socket.index; }
  bool isOpen() const { return socket.isOpen(); }

  void setChecksum(bool wanted) { checksum = wanted; }
  // In OSPFv3: whether packets have one, and those with a wrong one are dropped. At first they have.
  void send(Ip source, Ip to, bool far, kj::Array<kj::byte> packet);
  // Lost if it is not open yet, or full, as on any link. `far`: it may cross routers.

 private:
  void prepare();

  const Face face;
  bool checksum = true;
  kj::Function<void()> opened;
  Received received;
  kit::LinkSocket socket;
};

}  // namespace xylem::ospf
