// OSPFv2 packets through a core. The input is a list of packets, each behind four bytes that say where it comes in,
// from whom, how much time has passed, and how long it is. So that more than the first check is reached, lengths and
// checksums, of packets and of the LSAs in them, are made right, unless a bit of the input forbids it.

#include <protocols/ospf/core.h>
#include <protocols/ospf/show.h>

#include <kj/debug.h>

using namespace xylem::ospf;
using xylem::net::IfAddr;

namespace {

constexpr Ip4 SENDERS[] = {Ip4::of(10, 0, 0, 2), Ip4::of(10, 0, 0, 3), Ip4::of(10, 1, 0, 2), Ip4::of(10, 9, 9, 9)};
constexpr RouterId SELF = Ip4::of(1, 1, 1, 1);

void mendLsas(kj::ArrayPtr<kj::byte> body) {
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

kj::Array<kj::byte> mended(Bytes input, uint8_t sender) {
  PacketWriter packet(PacketType(input[0] % 5 + 1), Ip4{0x02000000u + sender % 4}, input[1] & 1 ? BACKBONE : Ip4{1});
  auto body = kj::heapArray<kj::byte>(input.slice(2, input.size()));
  if (input[0] % 5 == 3) mendLsas(body);
  packet.body.bytes(body);
  return Authentication().seal(kj::mv(packet.body), Ip4(), 0);
}

class World final : private Actions {
 public:
  World() : core(*this, SELF, []() -> uint32_t { return 7; }) {
    Settings settings;
    settings.router = SELF;
    settings.interfaces["eth0"].area = BACKBONE;
    settings.interfaces["eth1"].area = Ip4{1};
    settings.interfaces["eth1"].type = NetworkType::POINT_TO_POINT;
    settings.areas[Ip4{1}].type = AreaType::NSSA;
    settings.areas[Ip4{1}].defaultRoute = true;
    settings.areas[Ip4{1}].ranges[Ip4Net(Ip4::of(10, 0, 0, 0), 8)];
    core.configure(kj::mv(settings), now);
    core.link("eth0", Link{true, 2, 1500, {IfAddr(Ip4::of(10, 0, 0, 1), 24)}}, now);
    core.link("eth1", Link{true, 3, 1500, {IfAddr(Ip4::of(10, 1, 0, 1), 24)}}, now);
    core.redistribute(Ip4Net(Ip4::of(10, 7, 0, 0), 24), External(), now);
    for (uint8_t i = 0; i < 3; ++i) greet(i);
  }

  void run(Bytes input) {
    xylem::net::ByteReader in(input);
    while (in.has(6)) {
      uint8_t where = in.u8(), sender = in.u8();
      now += in.u8() * (where & 2 ? 20 : 1) * kj::SECONDS;
      auto bytes = in.bytes(kj::min(in.remaining(), size_t(in.u8()) * 4 + where % 2 + 2));
      core.tick(now);
      auto from = SENDERS[sender % 4];
      if (where & 4 || bytes.size() < 2)
        core.receive(where & 16 ? "eth1" : "eth0", from, where & 8, bytes, now);
      else
        core.receive(where & 16 ? "eth1" : "eth0", from, where & 8, mended(bytes, sender), now);
      for (auto due = core.deadline(); due.orDefault(NEVER) <= now; due = core.deadline()) core.tick(now);
    }
    for (auto& [id, area] : core.areas())
      for (auto& [key, entry] : area->database.entries()) contentOf(*entry.lsa);
    now += 2 * kj::HOURS;
    core.tick(now);
    core.retire(now);
  }

 private:
  void greet(uint8_t sender) {
    // So that packets have neighbours to come from.
    bool eth1 = sender == 2;
    Hello hello;
    hello.mask = Ip4::mask(24);
    hello.options = eth1 ? options::N : options::E;
    hello.designated = SENDERS[sender];
    hello.neighbors = {SELF};
    PacketWriter packet(PacketType::HELLO, Ip4{0x02000000u + sender}, eth1 ? Ip4{1} : BACKBONE);
    hello.encode(packet.body);
    core.receive(eth1 ? "eth1" : "eth0", SENDERS[sender], true, Authentication().seal(kj::mv(packet.body), Ip4(), 0),
                 now);
  }

  void send(kj::StringPtr, Ip, Ip to, bool, kj::Array<kj::byte> packet) override {
    KJ_ASSERT(Header::read(packet) != nullptr);
    KJ_ASSERT(!to.isUnspecified());
  }
  void put(IpNet net, kj::ArrayPtr<const Way>, uint32_t, uint32_t) override { rib.insert(net); }
  void remove(IpNet net) override { KJ_ASSERT(rib.erase(net) == 1); }
  void tell(const Neighbor&, NeighborState) override {}
  void leftOut(IpNet) override {}
  void restarted() override {}

  Time now = kj::origin<Time>() + 1 * kj::HOURS;
  std::set<IpNet> rib;
  Core core;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World().run(kj::arrayPtr(data, size));
  return 0;
}
