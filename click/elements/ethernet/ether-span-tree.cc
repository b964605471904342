// Each port keeps the best message that came by it. The lowest of these, made one dearer, and of what the bridge would
// say if it were the root, is the bridge's view of the tree. It leads to the root by one port; by each other port the
// bridge tells its view if that is better than what is heard there, and keeps shut where it is worse.
//
// The bridge's priority is low (0xdead), so that it hardly becomes the root among others.

#include <click/elements/ethernet/ether-span-tree.h>
#include <click/ip4.h>
#include <click/router.h>

namespace xylem::click {

const Kind EtherSpanTree::KIND = kindOf<EtherSpanTree>("EtherSpanTree", "-/=", "h/h", "x/y");

namespace {

constexpr uint64_t PRIORITY = 0xdead;
constexpr uint8_t ALL_BRIDGES[] = {0x01, 0x80, 0xc2, 0, 0, 0};
constexpr uint8_t CHANGE = 0x01, CHANGE_ACK = 0x80, NOTICE = 0x80;

// Where things lie in a frame.
constexpr unsigned TYPE = 20, FLAGS = 21, ROOT = 22, COST = 30, BRIDGE = 34, PORT = 42, AGE = 44, NOTICE_END = 21;

uint64_t get64(const uint8_t* at) { return uint64_t(get32(at)) << 32 | get32(at + 4); }
void put64(uint8_t* at, uint64_t value) {
  put32(at, uint32_t(value >> 32));
  put32(at + 4, uint32_t(value));
}

PacketPtr frame(Mac from, unsigned length) {
  auto packet = Packet::make(length);
  auto at = packet->data();
  memset(at, 0, length);
  memcpy(at, ALL_BRIDGES, sizeof ALL_BRIDGES);
  from.toBytes(at + 6);
  put16(at + 12, uint16_t(length - 14));
  // The service access points of bridges, unnumbered information.
  put16(at + 14, 0x4242);
  at[16] = 3;
  return packet;
}

template <typename E> bool elementAs(const std::string& text, E*& out, const Reading& reading) {
  out = reading.element->router().findAs<E>(text, reading.element);
  return out != nullptr;
}

}  // namespace

bool BridgeMessage::decode(const Packet& packet) {
  auto at = packet.data();
  if (packet.length() < LENGTH || at[TYPE] != 0) return false;
  isChange = at[FLAGS] & CHANGE;
  isChangeAck = at[FLAGS] & CHANGE_ACK;
  root = get64(at + ROOT);
  cost = get32(at + COST);
  bridge = get64(at + BRIDGE);
  port = get16(at + PORT);
  // Times are in 1/256 of a second.
  messageAge = get16(at + AGE) / 256;
  maxAge = get16(at + AGE + 2) / 256;
  helloTime = std::max<uint16_t>(get16(at + AGE + 4) / 256, 1);
  forwardDelay = get16(at + AGE + 6) / 256;
  return true;
}

PacketPtr BridgeMessage::encode(Mac from) const {
  auto packet = frame(from, LENGTH);
  auto at = packet->data();
  at[FLAGS] = uint8_t((isChange ? CHANGE : 0) | (isChangeAck ? CHANGE_ACK : 0));
  put64(at + ROOT, root);
  put32(at + COST, cost);
  put64(at + BRIDGE, bridge);
  put16(at + PORT, port);
  put16(at + AGE, uint16_t(messageAge * 256));
  put16(at + AGE + 2, uint16_t(maxAge * 256));
  put16(at + AGE + 4, uint16_t(helloTime * 256));
  put16(at + AGE + 6, uint16_t(forwardDelay * 256));
  return packet;
}

std::string BridgeMessage::text() const {
  return format(" %16llx:%04x: %2s  %x -> %16llx  m/h/d: %x/%x/%x", (unsigned long long)bridge, port,
                isChange ? "TC" : "tc", cost, (unsigned long long)root, maxAge, helloTime, forwardDelay);
}

void EtherSpanTree::configure(Args& args) {
  EtherSwitch* bridge = nullptr;
  args.mandatory("ADDR", address)
      .mandatory("INPUT_SUPPRESSOR", inputSuppressor, elementAs<Suppressor>)
      .mandatory("OUTPUT_SUPPRESSOR", outputSuppressor, elementAs<Suppressor>)
      .mandatory("SWITCH", bridge, elementAs<EtherSwitch>)
      .complete();
}

Nanoseconds EtherSpanTree::now() const { return router().scheduler.clock.steady(); }

uint64_t EtherSpanTree::id() const { return PRIORITY << 48 | address.bits; }

void EtherSpanTree::initialize(Errors&) {
  all.resize(size_t(outputs()));
  for (size_t i = 0; i < all.size(); ++i) setState(i, LISTEN);
  findTree();
  hello.initialize(*this);
  hello.scheduleAfter(best.helloTime * SECOND);
}

void EtherSpanTree::addHandlers(Handlers& handlers) {
  handlers.read("msgs", [this]() {
    std::string out;
    for (auto& each : all) out += each.best.text() + "\n";
    return out + best.text() + "\n";
  });
  handlers.read("states", [this]() {
    static constexpr const char* NAMES[] = {"block", "listen", "learn", "forward"};
    std::string out;
    for (auto& each : all) out += std::string(NAMES[each.state]) + "\n";
    return out;
  });
}

void EtherSpanTree::setState(size_t port, State state) {
  auto& at = all[port];
  if (at.state == FORWARD || at.state == LEARN) tellsChange = tellsChange || state == BLOCK;
  if (state == FORWARD) tellsChange = true;
  at.state = state;
  at.since = now();
  inputSuppressor->set(int(port), state >= LEARN);
  outputSuppressor->set(int(port), state == FORWARD);
}

void EtherSpanTree::advance() {
  for (size_t i = 0; i < all.size(); ++i)
    if ((all[i].state == LISTEN || all[i].state == LEARN) && now() - all[i].since >= best.forwardDelay * SECOND)
      setState(i, State(all[i].state + 1));
}

void EtherSpanTree::expire() {
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].best.expires > now()) continue;
    chatter("Expiring message on port " + std::to_string(i));
    all[i].best = BridgeMessage();
  }
}

void EtherSpanTree::findTree() {
  best = BridgeMessage();
  best.root = best.bridge = id();
  best.cost = 0;
  best.port = 0;
  auto rootPort = all.size();
  for (size_t i = 0; i < all.size(); ++i) {
    auto offered = all[i].best;
    if (offered.cost != ~uint32_t(0)) ++offered.cost;
    if (offered.rank() >= best.rank()) continue;
    best = offered;
    rootPort = i;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    bool isDesignated = std::tuple(best.root, best.cost, id(), uint16_t(i)) <= all[i].best.rank();
    if (i != rootPort && !isDesignated) {
      if (all[i].state != BLOCK) setState(i, BLOCK);
    } else if (all[i].state == BLOCK) {
      setState(i, LISTEN);
    }
  }
  if (rootPort == all.size()) {
    // The root tells of a change by itself.
    if (tellsChange) changeUntil = now() + (best.forwardDelay + best.maxAge) * SECOND;
    tellsChange = false;
  }
}

void EtherSpanTree::push(int port, PacketPtr packet) {
  auto& at = all[size_t(port)];
  BridgeMessage heard;
  if (packet->length() >= NOTICE_END && packet->data()[TYPE] == NOTICE) {
    at.owesAck = true;
    tellsChange = true;
  } else if (heard.decode(*packet) && heard.rank() <= at.best.rank()) {
    heard.expires = now() + std::max(0, heard.maxAge - heard.messageAge) * SECOND;
    at.best = heard;
    // Whoever acknowledges need not be told again.
    if (heard.isChangeAck) tellsChange = false;
  }
  findTree();
}

PacketPtr EtherSpanTree::changeNotice() const {
  auto packet = frame(address, NOTICE_END);
  packet->data()[TYPE] = NOTICE;
  return packet;
}

PacketPtr EtherSpanTree::message(size_t port) {
  auto& at = all[port];
  auto own = best;
  own.bridge = id();
  own.port = uint16_t(port);
  if (own.rank() > at.best.rank()) return tellsChange && at.state != BLOCK ? changeNotice() : nullptr;
  if (best.expires != INT64_MAX)
    own.messageAge = uint16_t(std::max<Nanoseconds>(0, own.maxAge - (best.expires - now()) / SECOND));
  own.isChange = best.isChange || now() < changeUntil;
  own.isChangeAck = at.owesAck;
  at.owesAck = false;
  return own.encode(address);
}

void EtherSpanTree::runTimer(Timer&) {
  expire();
  findTree();
  advance();
  for (size_t i = 0; i < all.size(); ++i)
    if (auto packet = message(i)) output(int(i)).push(std::move(packet));
  hello.rescheduleAfter(best.helloTime * SECOND);
}

}  // namespace xylem::click
