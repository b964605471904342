// A request that fails because the FEA has gone is made again when it has returned; one that is refused is not.

#include <kj/debug.h>
#include <protocols/kit/sockets.h>
#include <xrl/unix.h>

namespace xylem::kit {

Sockets::Sockets(xrl::Process& process)
    : remote(process, "fea", [this](fea::Fea::Client fea) { return session(kj::mv(fea)); }) {}

kj::Promise<void> Sockets::session(fea::Fea::Client fea) {
  ++sessions;
  present = kj::mv(fea);
  for (auto& each : waiting) each->fulfill();
  waiting.clear();
  return kj::Promise<void>(kj::NEVER_DONE).attach(kj::defer([this]() { present = nullptr; }));
}

kj::Promise<void> Sockets::whenThere() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.add(kj::mv(paf.fulfiller));
  return kj::mv(paf.promise);
}

xrl::Task<kj::AutoCloseFd> Sockets::open(Ask ask) {
  for (;;) {
    while (present == nullptr) co_await whenThere();
    auto asked = sessions;
    auto socket = ask(KJ_ASSERT_NONNULL(present));
    kj::AutoCloseFd descriptor;
    bool gone = false;
    kj::Promise<kj::AutoCloseFd> copied = xrl::descriptorOf(socket);
    auto got = copied.then([&descriptor](kj::AutoCloseFd copy) { descriptor = kj::mv(copy); });
    auto unlessGone = got.catch_([&gone](kj::Exception&& problem) {
      if (problem.getType() != kj::Exception::Type::DISCONNECTED) kj::throwFatalException(kj::mv(problem));
      gone = true;
    });
    co_await kj::mv(unlessGone);
    if (gone) {
      if (sessions == asked) present = nullptr;
      continue;
    }
    co_return kj::mv(descriptor);
  }
}

kj::Promise<kj::AutoCloseFd> Sockets::udp(kj::Function<void(fea::Fea::UdpOptions::Builder)> options) {
  return open([options = kj::mv(options)](fea::Fea::Client& fea) mutable {
    auto request = fea.udpRequest();
    options(request.initOptions());
    return request.send().getSocket();
  });
}

kj::Promise<kj::AutoCloseFd> Sockets::tcp(kj::Function<void(fea::Fea::TcpOptions::Builder)> options) {
  return open([options = kj::mv(options)](fea::Fea::Client& fea) mutable {
    auto request = fea.tcpRequest();
    options(request.initOptions());
    return request.send().getSocket();
  });
}

kj::Promise<kj::AutoCloseFd> Sockets::raw(kj::Function<void(fea::Fea::RawOptions::Builder)> options) {
  return open([options = kj::mv(options)](fea::Fea::Client& fea) mutable {
    auto request = fea.rawRequest();
    options(request.initOptions());
    return request.send().getSocket();
  });
}

}  // namespace xylem::kit
