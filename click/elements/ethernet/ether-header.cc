// All of them write the same fourteen bytes; headers are made in the headroom, without a copy of what follows.

#include <click/elements/ethernet/ether-header.h>
#include <click/elements/ethernet/handlers.h>
#include <click/ethernet.h>

#include <algorithm>

namespace xylem::click {

const Kind EtherEncap::KIND = kindOf<EtherEncap>("EtherEncap", "1/1", "a/a");
const Kind EtherRewrite::KIND = kindOf<EtherRewrite>("EtherRewrite", "1/1", "a/a");
const Kind EtherMirror::KIND = kindOf<EtherMirror>("EtherMirror", "1/1", "a/a");
const Kind EnsureEther::KIND = kindOf<EnsureEther>("EnsureEther", "1/1-2", "a/ah");

namespace {

void encapsulate(Packet& packet, Mac dst, Mac src, uint16_t type) {
  packet.push(ether::HEADER);
  packet.macHeader = packet.data();
  ether::write(packet.data(), dst, src, type);
}

}  // namespace

void EtherEncap::configure(Args& args) {
  args.mandatory("ETHERTYPE", type).mandatory("SRC", src).mandatory("DST", dst).complete();
}

void EtherEncap::addHandlers(Handlers& handlers) {
  macHandler(handlers, *this, "src", src);
  macHandler(handlers, *this, "dst", dst);
  handlers.read("ethertype", [this]() { return format("%04X", type); });
  handlers.write("ethertype", [this](const std::string& text, Errors& errors) {
    if (uint16_t now; read(trim(text), now, Reading{this, errors})) type = now;
  });
}

int EtherEncap::step(Packet& packet) {
  encapsulate(packet, dst, src, type);
  return 0;
}

void EtherRewrite::addHandlers(Handlers& handlers) {
  macHandler(handlers, *this, "src", src);
  macHandler(handlers, *this, "dst", dst);
}

int EtherRewrite::step(Packet& packet) {
  if (packet.length() < ether::HEADER) return DROP;
  dst.toBytes(packet.data() + ether::DST);
  src.toBytes(packet.data() + ether::SRC);
  return 0;
}

int EtherMirror::step(Packet& packet) {
  if (packet.length() < ether::HEADER) return DROP;
  std::swap_ranges(packet.data(), packet.data() + ether::SRC, packet.data() + ether::SRC);
  return 0;
}

void EnsureEther::configure(Args& args) {
  args.positional("ETHERTYPE", type).positional("SRC", src).positional("DST", dst).complete();
}

int EnsureEther::step(Packet& packet) {
  if (packet.networkHeader == nullptr || packet.networkOffset() == 0) {
    encapsulate(packet, dst, src, type);
    return 0;
  }
  bool hasHeader = packet.networkOffset() == int(ether::HEADER) && packet.length() >= ether::HEADER &&
                   get16(packet.data() + ether::TYPE) == type;
  if (!hasHeader) return 1;
  packet.macHeader = packet.data();
  return 0;
}

}  // namespace xylem::click
