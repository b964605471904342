// Reads when the descriptor is ready, as many as a burst; writes at once, and what the kernel does not take is lost.

#include <click/elements/userlevel/kernel-tun.h>
#include <click/ip4.h>
#include <click/router.h>

#include <cerrno>
#include <cstring>

namespace xylem::click {

const Kind KernelTun::KIND = kindOf<KernelTun>("KernelTun", "0-1/1-2", "a/h", "x/y");
const Kind KernelTap::KIND = kindOf<KernelTap>("KernelTap", "0-1/1-2", "a/h", "x/y");

void KernelTun::configure(Args& args) {
  Ip4Mask near;
  args.mandatory("ADDR", near, readHostPrefix)
      .positional("GATEWAY", settings.gateway)
      .keyword("TAP", settings.isTap)
      .keyword("HEADROOM", headroom)
      .keyword("BURST", burst)
      .keyword("ETHER", settings.mac)
      .keyword("IGNORE_QUEUE_OVERFLOWS", isQuiet)
      .keyword("MTU", settings.mtu)
      .keyword("DEV_NAME", settings.name, as::word)
      .keyword("DEVNAME", settings.name, as::word);
  if (!args.complete()) return;
  constexpr int32_t SMALLEST_MTU = 20, GREATEST_MTU = 65535;
  auto gateway = settings.gateway;
  if (!gateway.isUnspecified() && (gateway & near.mask) != (near.address & near.mask)) args.error("bad GATEWAY");
  if (burst < 1) args.error("BURST must be >= 1");
  if (settings.mtu < SMALLEST_MTU) args.error("MTU must be greater than 20");
  if (settings.mtu > GREATEST_MTU) args.error("MTU too big");
  if (headroom > MOST_HEADROOM) args.error("HEADROOM too big");
  settings.address = near;
}

void KernelTun::initialize(Errors& errors) {
  auto before = dynamic_cast<KernelTun*>(router().formerOf(*this));
  if (settings.name.empty() && before != nullptr) settings.name = before->tap.name();
  if (!tap.open(settings, errors)) return;
  if (inputs() > 0 && !isPush(Direction::INPUT, 0)) {
    task.initialize(*this, true);
    waiting = upstreamEmptySignal(*this, 0, &task);
  }
  router().scheduler.watch(tap.fd(), *this, true, false);
}

void KernelTun::cleanup() {
  router().scheduler.forget(*this);
  tap.close();
}

void KernelTun::addHandlers(Handlers& handlers) {
  handlers.data("packets", packets);
  handlers.read(
      "dev_name", [this]() { return tap.name(); }, Handler::CALM);
  handlers.button("reset_counts", [this]() { packets = 0; });
}

bool KernelTun::noteHeaders(Packet& packet) const {
  constexpr unsigned IP6_HEADER = 40;
  if (settings.isTap) {
    packet.macHeader = packet.data();
    return packet.length() >= Tap::ETHERNET;
  }
  if (packet.length() >= IP6_HEADER && packet.data()[0] >> 4 == 6) {
    packet.setNetworkHeader(packet.data(), IP6_HEADER);
    return true;
  }
  auto ip = Ip4View::of(packet.data(), packet.length());
  if (!ip || ip.totalLength() > packet.length()) return false;
  packet.setNetworkHeader(packet.data(), ip.headerLength());
  packet.setDstIp(ip.destination().bits);
  return true;
}

void KernelTun::selected(int, bool, bool) {
  for (int i = 0; i < burst; ++i) {
    int error;
    auto packet = tap.read(headroom, error);
    if (error != 0 && !hasTold) {
      hasTold = true;
      chatter(std::string("KernelTun read: ") + strerror(error));
    }
    if (packet == nullptr) return;
    ++packets;
    packet->timestamp = router().scheduler.clock.now();
    bool isGood = noteHeaders(*packet);
    pushTo(isGood ? 0 : 1, std::move(packet));
  }
}

void KernelTun::push(int, PacketPtr packet) {
  unsigned least = settings.isTap ? Tap::ETHERNET : ip4::LEAST;
  if (packet->length() < least) return chatter(std::string(kind().name) + "(" + tap.name() + "): packet too small");
  int error = tap.write(*packet);
  if (error == 0 || (error == ENOBUFS && isQuiet && hasTold)) return;
  hasTold = true;
  chatter(std::string(kind().name) + "(" + tap.name() + "): write failed: " + strerror(error));
}

bool KernelTun::runTask(Task&) {
  auto packet = input(0).pull();
  bool isThere = packet != nullptr;
  if (isThere)
    push(0, std::move(packet));
  else if (!waiting.active())
    return false;
  task.reschedule();
  return isThere;
}

}  // namespace xylem::click
