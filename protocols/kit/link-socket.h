#pragma once
// The socket by which a protocol speaks over one interface: asked for until the FEA gives it, and read as long as it
// lives.
//
//     kit::LinkSocket socket{loop, interface, [&] { return sockets.udp(...); }, [&] { ... }, [&](kit::Arrival arrival)
//     { ... }};

#include <protocols/kit/datagram.h>
#include <protocols/kit/interfaces.h>
#include <xrl/loop.h>
#include <xrl/task.h>

#include <kj/function.h>
#include <kj/io.h>

namespace xylem::kit {

class LinkSocket {
 public:
  using Ask = kj::Function<kj::Promise<kj::AutoCloseFd>()>;

  LinkSocket(xrl::Loop& loop, const Interface& interface, Ask ask, kj::Function<void()> opened,
             kj::Function<void(const Arrival&)> received);
  // Asks again with pauses if that fails; says when the socket is there, and hands on what arrives until it is dropped.
  KJ_DISALLOW_COPY(LinkSocket);

  const uint32_t index;
  // Of the interface that it is bound to: one that was removed and made again needs a new socket.

  bool isOpen() const { return descriptor.get() >= 0; }
  int fd() const { return descriptor.get(); }
  void notSent() const;
  // Logs errno. What cannot be sent is lost, as on any link.

 private:
  xrl::Task<void> live();
  xrl::Task<void> receiveAll();
  bool receive();

  xrl::Loop& loop;
  const std::string interface;
  Ask ask;
  kj::Function<void()> opened;
  kj::Function<void(const Arrival&)> received;
  kj::AutoCloseFd descriptor;
  kj::Array<kj::byte> buffer;
  kj::Promise<void> living;
};

}  // namespace xylem::kit
