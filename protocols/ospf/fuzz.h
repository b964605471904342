#pragma once
// Packets through a core of any face, for the fuzz targets. The input is a list of packets, each behind four bytes that
// say where it comes in, from whom, how much time has passed, and how long it is. So that more than the first check is
// reached, lengths and checksums, of packets, of the LSAs in them and of the blocks behind them, are made right, unless
// a bit of the input forbids it.

#include <protocols/ospf/content.h>
#include <protocols/ospf/core.h>

#include <kj/debug.h>
#include <net/checksum.h>

namespace xylem::ospf::fuzz {

constexpr RouterId SELF = Ip4::of(1, 1, 1, 1);
constexpr uint SENDERS = 4;

inline void mendLsas(kj::ArrayPtr<kj::byte> body) {
  size_t at = 4;
  while (at + LSA_HEADER <= body.size()) {
    size_t length = size_t(body[at + 18]) << 8 | body[at + 19];
    if (length < LSA_HEADER || length > body.size() - at) return;
    auto sum = fletcher(body.slice(at + 2, at + length), 14);
    body[at + 16] = kj::byte(sum >> 8);
    body[at + 17] = kj::byte(sum);
    at += length;
  }
}

inline void mendBlock(kj::ArrayPtr<kj::byte> block) {
  // Of link-local signalling (RFC 5613).
  if (block.size() < 4) return;
  block[2] = kj::byte(block.size() / 4 >> 8);
  block[3] = kj::byte(block.size() / 4);
  block[0] = block[1] = 0;
  auto sum = net::InternetChecksum().add(block).value();
  block[0] = kj::byte(sum >> 8);
  block[1] = kj::byte(sum);
}

template <typename Decode, typename Encode> void again(Bytes bytes, Decode decode, Encode encode) {
  // What was understood is understood the same when it is said again.
  KJ_IF_MAYBE (body, decode(bytes)) {
    net::ByteWriter first, second;
    encode(*body, first);
    auto decoded = decode(first.bytes());
    encode(KJ_ASSERT_NONNULL(decoded), second);
    KJ_ASSERT(first.bytes() == second.bytes());
  }
}

class World final : private Actions {
 public:
  explicit World(Face face)
      : face(face),
        core(
            *this, SELF, []() -> uint32_t { return 7; }, 0, face) {
    Settings settings;
    settings.router = SELF;
    settings.interfaces["eth0"].area = BACKBONE;
    settings.interfaces["eth0"].inputCost = 7;
    settings.interfaces["eth1"].area = Ip4{1};
    settings.interfaces["eth1"].type = NetworkType::POINT_TO_POINT;
    settings.areas[Ip4{1}].type = AreaType::NSSA;
    settings.areas[Ip4{1}].defaultRoute = true;
    settings.areas[Ip4{1}].ranges[net(Ip4::of(10, 0, 0, 0), 8)];
    core.configure(kj::mv(settings), now);
    link("eth0", 2, Ip4::of(10, 0, 0, 1));
    link("eth1", 3, Ip4::of(10, 1, 0, 1));
    core.redistribute(net(Ip4::of(10, 7, 0, 0), 24), External(), now);
    for (uint8_t i = 0; i < 3; ++i) greet(i), describe(i);
  }

  void run(Bytes input) {
    net::ByteReader in(input);
    while (in.has(6)) {
      uint8_t where = in.u8(), sender = in.u8();
      now += in.u8() * (where & 2 ? 20 : 1) * kj::SECONDS;
      auto bytes = in.bytes(kj::min(in.remaining(), size_t(in.u8()) * 4 + where % 2 + 2));
      core.tick(now);
      auto interface = where & 16 ? "eth1" : "eth0";
      if (where & 4 || bytes.size() < 2)
        core.receive(interface, addressOf(sender), where & 8, bytes, now);
      else
        core.receive(interface, addressOf(sender), where & 8, mended(bytes, sender), now);
      for (auto due = core.deadline(); due.orDefault(NEVER) <= now; due = core.deadline()) core.tick(now);
    }
    for (auto& [id, area] : core.areas())
      for (auto& [key, entry] : area->database.entries()) contentOf(*entry.lsa);
    // To grow old and to leave costs as much as many packets: an input in four does, by its length.
    if (input.size() % 4 != 0) return;
    now += 2 * kj::HOURS;
    core.tick(now);
    core.retire(now);
  }

 private:
  IpNet net(Ip4 address, uint length) const {
    if (familyOf(face) == 4) return Ip4Net(address, length);
    return net::Ip6Net(net::Ip6{0x20010db8ull << 32 | address.bits, 0}, 32 + length);
  }

  Ip speaker(Ip4 address) const {
    if (!isV3(face)) return address;
    return net::Ip6{0xfe80ull << 48, address.bits};
  }

  Ip addressOf(uint8_t sender) const {
    constexpr Ip4 ALL[] = {Ip4::of(10, 0, 0, 2), Ip4::of(10, 0, 0, 3), Ip4::of(10, 1, 0, 2), Ip4::of(10, 9, 9, 9)};
    return speaker(ALL[sender % SENDERS]);
  }

  void link(const char* name, uint32_t index, Ip4 address) {
    auto wide = net(address, 32).address();
    std::vector<net::IfAddr> addresses{net::IfAddr(wide, familyOf(face) == 6 ? 56 : 24)};
    if (isV3(face)) addresses.push_back(net::IfAddr(speaker(address), 64));
    core.link(name, Link{true, index, 1500, addresses}, now);
  }

  kj::Array<kj::byte> sealed(net::ByteWriter packet, Ip source) const {
    if (isV3(face)) return Trailer().seal(kj::mv(packet), 0, source.v6());
    return Authentication().seal(kj::mv(packet), source, 0);
  }

  kj::Array<kj::byte> mended(Bytes input, uint8_t sender) const {
    PacketWriter packet(PacketType(input[0] % 5 + 1), Ip4{0x02000000u + sender % SENDERS},
                        input[1] & 1 ? BACKBONE : Ip4{1}, face);
    auto body = kj::heapArray<kj::byte>(input.slice(2, input.size()));
    if (input[0] % 5 == 3) mendLsas(body);
    size_t signalled = input[0] & 64 ? kj::min(body.size(), size_t(input[1] >> 4) * 4) : 0;
    auto block = body.slice(body.size() - signalled, body.size());
    mendBlock(block);
    packet.body.bytes(body.slice(0, body.size() - signalled));
    net::ByteWriter all;
    all.bytes(sealed(kj::mv(packet.body), addressOf(sender)));
    all.bytes(block);
    return all.finish();
  }

  static bool isOnEth1(uint8_t sender) { return sender == 2; }
  uint32_t optionsOf(uint8_t sender) const {
    return (isOnEth1(sender) ? options::N : options::E) | (isV3(face) ? options::V6 | options::R | options::AF : 0);
  }
  static RouterId routerOf(uint8_t sender) { return RouterId{0x02000000u + sender}; }

  PacketWriter packetOf(uint8_t sender, PacketType type) const {
    return PacketWriter(type, routerOf(sender), isOnEth1(sender) ? Ip4{1} : BACKBONE, face);
  }

  void say(uint8_t sender, PacketWriter packet) {
    auto bytes = sealed(kj::mv(packet.body), addressOf(sender));
    core.receive(isOnEth1(sender) ? "eth1" : "eth0", addressOf(sender), true, bytes, now);
  }

  void greet(uint8_t sender) {
    // So that packets have neighbours to come from.
    Hello hello;
    hello.mask = Ip4::mask(24);
    hello.options = optionsOf(sender);
    hello.designated = isV3(face) ? routerOf(sender) : addressOf(sender).v4();
    hello.neighbors = {SELF};
    hello.interface = 5u + sender;
    auto packet = packetOf(sender, PacketType::HELLO);
    hello.encode(packet.body, face);
    say(sender, kj::mv(packet));
  }

  void describe(uint8_t sender) {
    // So that LSAs are taken: an exchange of databases with who has none, and leads for its higher ID. Whoever is not
    // adjacent is not heard.
    constexpr uint8_t OPENING = Description::INIT | Description::MORE | Description::MASTER;
    for (auto flags : {OPENING, Description::MASTER}) {
      Description description{1500, optionsOf(sender), flags, flags == OPENING ? 1u : 2u, {}};
      auto packet = packetOf(sender, PacketType::DESCRIPTION);
      description.encode(packet.body, face);
      say(sender, kj::mv(packet));
    }
  }

  void send(kj::StringPtr, Ip, Ip to, bool, kj::Array<kj::byte> packet) override {
    KJ_ASSERT(Header::read(packet, face) != nullptr);
    KJ_ASSERT(!to.isUnspecified());
  }
  void put(IpNet net, kj::ArrayPtr<const Way>, uint32_t, uint32_t) override {
    KJ_ASSERT(net.version() == familyOf(face));
    rib.insert(net);
  }
  void remove(IpNet net) override { KJ_ASSERT(rib.erase(net) == 1); }
  void tell(const Neighbor&, NeighborState) override {}
  void leftOut(IpNet) override {}
  void restarted() override {}

  const Face face;
  Time now = kj::origin<Time>() + 1 * kj::HOURS;
  std::set<IpNet> rib;
  Core core;
};

}  // namespace xylem::ospf::fuzz
