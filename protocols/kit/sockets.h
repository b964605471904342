#pragma once
// Sockets: the FEA opens them, this process gets the descriptor.
//
//     kit::Sockets sockets(process);
//     auto socket = co_await sockets.udp([](auto options) { options.setVersion(4); options.setPort(520); });
//
// A descriptor does not depend on the FEA once it is here. A request that meets an FEA that is away waits for its
// return. What the FEA refuses (no such interface, not allowed) is an exception.

#include <fea/fea.capnp.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/vector.h>
#include <xrl/remote.h>
#include <xrl/task.h>

namespace xylem::kit {

class Sockets {
 public:
  explicit Sockets(xrl::Process& process);
  KJ_DISALLOW_COPY(Sockets);

  kj::Promise<kj::AutoCloseFd> udp(kj::Function<void(fea::Fea::UdpOptions::Builder)> options);
  kj::Promise<kj::AutoCloseFd> tcp(kj::Function<void(fea::Fea::TcpOptions::Builder)> options);
  kj::Promise<kj::AutoCloseFd> raw(kj::Function<void(fea::Fea::RawOptions::Builder)> options);
  // Non-blocking and close-on-exec; `options` fills in what is wanted (fea.capnp), perhaps more than once.

 private:
  using Ask = kj::Function<fea::Fea::Socket::Client(fea::Fea::Client&)>;
  kj::Promise<void> session(fea::Fea::Client fea);
  kj::Promise<void> whenThere();
  xrl::Task<kj::AutoCloseFd> open(Ask ask);

  kj::Maybe<fea::Fea::Client> present;
  uint sessions = 0;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
  xrl::Remote<fea::Fea> remote;
};

}  // namespace xylem::kit
