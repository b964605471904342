// A burst of packets is taken at a time, then others have their turn.

#include <protocols/kit/link-socket.h>
#include <xrl/log.h>

#include <cerrno>
#include <cstring>

namespace xylem::kit {

namespace {

constexpr size_t MAX_DATAGRAM = 65535;
constexpr int BURST = 64;
constexpr auto PAUSE = 1 * kj::SECONDS;

}  // namespace

LinkSocket::LinkSocket(xrl::Loop& loop, const Interface& interface, Ask ask, kj::Function<void()> opened,
                       kj::Function<void(const Arrival&)> received)
    : index(interface.index),
      loop(loop),
      interface(interface.name),
      ask(kj::mv(ask)),
      opened(kj::mv(opened)),
      received(kj::mv(received)),
      buffer(kj::heapArray<kj::byte>(MAX_DATAGRAM)),
      living(nullptr) {
  living = kj::Promise<void>(live()).eagerlyEvaluate([this](kj::Exception&& problem) {
    xrl::log::error("socket failed", "interface", this->interface.c_str(), "reason", problem.getDescription());
  });
}

void LinkSocket::notSent() const {
  xrl::log::debug("not sent", "interface", interface.c_str(), "reason", strerror(errno));
}

xrl::Task<void> LinkSocket::live() {
  for (;;) {
    kj::Maybe<kj::AutoCloseFd> given;
    auto taken = ask().then([&given](kj::AutoCloseFd fd) { given = kj::mv(fd); });
    auto caught = taken.catch_([this](kj::Exception&& problem) {
      xrl::log::warn("no socket", "interface", interface.c_str(), "reason", problem.getDescription());
    });
    co_await kj::mv(caught);
    KJ_IF_MAYBE (socket, given) {
      descriptor = kj::mv(*socket);
      opened();
      auto receiving = receiveAll();
      co_await kj::mv(receiving);
    }
    co_await loop.timer().afterDelay(PAUSE);
  }
}

xrl::Task<void> LinkSocket::receiveAll() {
  xrl::Readiness arrival(loop, descriptor, xrl::Readiness::READ);
  for (;;) {
    co_await arrival.wait();
    for (int i = 0; i < BURST && receive(); ++i) {
    }
  }
}

bool LinkSocket::receive() {
  KJ_IF_MAYBE (arrival, kit::receive(descriptor, buffer)) {
    received(*arrival);
    return true;
  }
  return false;
}

}  // namespace xylem::kit
