// ToHost writes where FromHost reads, since an interface has one other end.

#include <click/elements/userlevel/host.h>
#include <click/ip4.h>
#include <click/router.h>

#include <cerrno>
#include <cstring>

namespace xylem::click {

const Kind FromHost::KIND = kindOf<FromHost>("FromHost", "0/1", "h/h");
const Kind ToHost::KIND = kindOf<ToHost>("ToHost", "1/0", "h/h");

void FromHost::configure(Args& args) {
  std::string type = "ETHER";
  Ip4Mask near;
  settings.mac = Mac{0x000102030405};
  args.mandatory("DEVNAME", settings.name, as::word)
      .positional("PREFIX", near, readHostPrefix)
      .keyword("TYPE", type, as::word)
      .keyword("GATEWAY", settings.gateway)
      .keyword("ETHER", settings.mac)
      .keyword("MTU", settings.mtu)
      .keyword("HEADROOM", headroom);
  bool hasAddress = args.size() > 1;
  if (!args.complete()) return;
  if (settings.name.empty()) args.error("must specify device name");
  if (type != "ETHER" && type != "IP") args.error("bad TYPE");
  if (settings.mtu < 68 || settings.mtu > 65535) args.error("bad MTU");
  if (headroom > 8192) args.error("HEADROOM too big");
  settings.isTap = type == "ETHER";
  if (!settings.isTap) settings.mac.reset();
  if (hasAddress && !near.address.isUnspecified()) settings.address = near;
}

void FromHost::initialize(Errors& errors) {
  if (!tap.open(settings, errors)) return;
  task.initialize(*this, false);
  full = downstreamFullSignal(*this, 0, &task);
  router().scheduler.watch(tap.fd(), *this, true, false);
}

void FromHost::cleanup() {
  router().scheduler.forget(*this);
  tap.close();
}

void FromHost::addHandlers(Handlers& handlers) {
  handlers.read(
      "dev_name", [this]() { return tap.name(); }, Handler::CALM);
  handlers.read("signal", [this]() { return click::print(full.active()); });
}

void FromHost::note(Packet& packet) const {
  constexpr unsigned TYPE = 12;
  auto at = packet.data();
  auto length = packet.length();
  if (settings.isTap) {
    packet.macHeader = at;
    if (length < Tap::ETHERNET || get16(at + TYPE) != 0x0800) return;
    at += Tap::ETHERNET;
    length -= Tap::ETHERNET;
  }
  auto ip = Ip4View::of(at, length);
  if (!ip) return;
  packet.setNetworkHeader(at, ip.headerLength());
  packet.setDstIp(ip.destination().bits);
}

void FromHost::selected(int fd, bool, bool) {
  if (!full.active()) return router().scheduler.watch(fd, *this, false, false);
  for (unsigned i = 0; i < Batch::MOST; ++i) {
    int error;
    auto packet = tap.read(headroom, error);
    if (error != 0) chatter(std::string("FromHost read: ") + strerror(error));
    if (packet == nullptr) return;
    packet->timestamp = router().scheduler.clock.now();
    note(*packet);
    output(0).push(std::move(packet));
  }
}

bool FromHost::runTask(Task&) {
  // There is room again.
  router().scheduler.watch(tap.fd(), *this, true, false);
  return true;
}

void ToHost::initialize(Errors& errors) {
  for (auto& each : router().elements())
    if (auto host = dynamic_cast<FromHost*>(each.get()); host && host->isFor(deviceName) && host->device().fd() >= 0)
      source = host;
  if (source == nullptr)
    errors.error("ToHost(" + deviceName + ") requires an initialized FromHost with the same dev_name");
}

void ToHost::addHandlers(Handlers& handlers) {
  handlers.data("dev_name", deviceName);
  handlers.data("drops", drops);
}

void ToHost::push(int, PacketPtr packet) {
  if (packet->length() < (source->hasFrames() ? Tap::ETHERNET : ip4::LEAST)) return chatter("ToHost: packet too small");
  int error = source->device().write(*packet);
  if (error == 0) return;
  if (drops++ == 0) chatter("ToHost(" + deviceName + "): write failed: " + strerror(error));
}

}  // namespace xylem::click
