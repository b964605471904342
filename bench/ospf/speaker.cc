// The end of a point-to-point link (RFC 2328). Its router ID is the higher one, so it leads the exchange: it describes
// as fast as it is answered, and what the router lacks goes as fast as that asks for it, once all is described: of what
// was asked for before, FRR may forget the rest until its retransmission interval is over. Changes are flooded in one
// go; what is not acknowledged is said again after five seconds, which a measurement shows.

#include <bench/bgp/session.h>
#include <bench/ospf/speaker.h>
#include <kj/debug.h>
#include <net/if.h>
#include <netinet/in.h>
#include <protocols/ospf/auth.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace xylem::bench {

namespace {

constexpr size_t MTU = 1500, ROOM = MTU - 20 - ospf::PACKET_HEADER, UPDATE_FIXED = 4, DESCRIPTION_FIXED = 8;
constexpr uint16_t HELLO_INTERVAL = 1, TRANSMIT_DELAY = 1;
constexpr uint32_t DEAD_INTERVAL = 40;
constexpr int BUFFER = 32 << 20;
constexpr double RETRANSMIT = 5, REPEAT_DESCRIPTION = 1;
constexpr auto NOW = kj::origin<ospf::Time>();
// LSAs do not grow old as long as this runs.

kj::AutoCloseFd openSocket(kj::StringPtr interface) {
  int fd, none = 0;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, ospf::PROTOCOL));
  kj::AutoCloseFd made(fd);
  ip_mreqn group{};
  group.imr_multiaddr.s_addr = htonl(ospf::ALL_ROUTERS.bits);
  group.imr_ifindex = int(if_nametoindex(interface.cStr()));
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.begin(), socklen_t(interface.size())), interface);
  KJ_SYSCALL(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group));
  KJ_SYSCALL(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group));
  KJ_SYSCALL(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &none, sizeof none));
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &BUFFER, sizeof BUFFER));
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &BUFFER, sizeof BUFFER));
  return made;
}

}  // namespace

Speaker::Speaker(const Grid& grid, uint end, kj::StringPtr interface, Tells tells)
    : grid(grid), self(grid.end(end)), socket(openSocket(interface)), asked(grid.size() + ENDS) {
  if (tells == Tells::ALL)
    for (uint router = 0; router < grid.size(); ++router) summary.push_back(router);
  summary.push_back(self);
  missing = summary.size();
}

void Speaker::receive() {
  kj::byte buffer[1 << 16];
  for (;;) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto got = recvfrom(socket, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    auto datagram = net::Bytes(buffer, size_t(got));
    size_t header = datagram.size() == 0 ? 0 : (datagram[0] & 15u) * 4;
    if (header < datagram.size()) take(net::Ip4{ntohl(from.sin_addr.s_addr)}, datagram.slice(header, datagram.size()));
  }
}

void Speaker::take(net::Ip4 from, net::Bytes packet) {
  auto header = KJ_REQUIRE_NONNULL(ospf::Header::read(packet), "not a packet of OSPFv2", from);
  if (header.router != ROUTER_UNDER_TEST) return;
  ospf::Numbers last;
  auto checked = ospf::Authentication().check(packet, from, last);
  KJ_REQUIRE(checked.is<net::Bytes>(), "the router's packets cannot be read");
  auto body = checked.get<net::Bytes>();
  switch (header.type) {
    case ospf::PacketType::HELLO:
      return hello(body);
    case ospf::PacketType::DESCRIPTION:
      return describeNext(KJ_REQUIRE_NONNULL(ospf::Description::decode(body)));
    case ospf::PacketType::REQUEST:
      return answer(KJ_REQUIRE_NONNULL(ospf::decodeRequest(body)));
    case ospf::PacketType::UPDATE:
      return acknowledge(KJ_REQUIRE_NONNULL(ospf::decodeUpdate(body)));
    case ospf::PacketType::ACKNOWLEDGMENT:
      return forget(KJ_REQUIRE_NONNULL(ospf::decodeAcknowledgment(body)));
  }
}

// ---- hellos

void Speaker::hello(net::Bytes body) {
  auto hello = KJ_REQUIRE_NONNULL(ospf::Hello::decode(body));
  if (!std::exchange(known, true)) sayHello();
  auto& list = hello.neighbors;
  bool mutual = std::find(list.begin(), list.end(), grid.idOf(self)) != list.end();
  KJ_REQUIRE(mutual || state == State::INIT, "the router has forgotten its neighbour", self);
  if (!mutual || state != State::INIT) return;
  state = State::EXSTART;
  using D = ospf::Description;
  description = {MTU, ospf::options::E, D::INIT | D::MORE | D::MASTER, uint32_t(now()), {}};
  moments.began = now();
  describe();
}

void Speaker::sayHello() {
  ospf::PacketWriter packet(ospf::PacketType::HELLO, grid.idOf(self), ospf::BACKBONE);
  ospf::Hello hello;
  hello.mask = grid.stubOf(self).mask();
  hello.interval = HELLO_INTERVAL;
  hello.deadInterval = DEAD_INTERVAL;
  hello.options = ospf::options::E;
  if (known) hello.neighbors.push_back(ROUTER_UNDER_TEST);
  hello.encode(packet.body);
  send(kj::mv(packet));
}

void Speaker::tick() {
  sayHello();
  auto time = now();
  bool exchanging = state == State::EXSTART || state == State::EXCHANGE;
  if (time < repeatAt || (!exchanging && unacknowledged.empty())) return;
  ++moments.repeated;
  if (exchanging) return describe();
  std::vector<ospf::LsaPtr> list;
  for (auto& [key, lsa] : unacknowledged) list.push_back(lsa);
  update(list);
}

// ---- exchange

void Speaker::describe() {
  ospf::PacketWriter packet(ospf::PacketType::DESCRIPTION, grid.idOf(self), ospf::BACKBONE);
  description.encode(packet.body);
  repeatAt = now() + REPEAT_DESCRIPTION;
  send(kj::mv(packet));
}

void Speaker::describeNext(const ospf::Description& answer) {
  using D = ospf::Description;
  if (state != State::EXSTART && state != State::EXCHANGE) {
    KJ_REQUIRE(state != State::FULL || !(answer.flags & D::INIT), "the router begins the exchange again");
    return;
  }
  bool matches = !(answer.flags & (D::INIT | D::MASTER)) && answer.sequence == description.sequence;
  if (!matches) return;
  if (state == State::EXCHANGE && !(description.flags & D::MORE) && !(answer.flags & D::MORE)) {
    state = State::FULL;
    return update(std::exchange(later, {}));
  }
  state = State::EXCHANGE;
  ++description.sequence;
  description.headers.clear();
  while (summarized < summary.size() && description.headers.size() < (ROOM - DESCRIPTION_FIXED) / ospf::LSA_HEADER)
    description.headers.push_back(grid.lsa(summary[summarized++])->header);
  description.flags = uint8_t(D::MASTER | (summarized < summary.size() ? D::MORE : 0));
  describe();
}

void Speaker::answer(const std::vector<ospf::Key>& list) {
  std::vector<ospf::LsaPtr> found;
  for (auto& wanted : list) {
    auto lsa = grid.find(wanted);
    KJ_REQUIRE(lsa != nullptr, "the router asks for what nobody has described", wanted.id);
    found.push_back(*lsa);
    auto router = size_t(lsa - &grid.lsa(0));
    if (!asked[router]) --missing;
    asked[router] = true;
  }
  if (state == State::FULL) return update(found);
  later.insert(later.end(), found.begin(), found.end());
}

// ---- flooding

void Speaker::update(const std::vector<ospf::LsaPtr>& list) {
  if (list.empty()) return;
  for (size_t next = 0; next < list.size();) {
    ospf::PacketWriter packet(ospf::PacketType::UPDATE, grid.idOf(self), ospf::BACKBONE);
    packet.body.u32(0);
    uint32_t count = 0;
    size_t limit = ospf::PACKET_HEADER + ROOM;
    for (; next < list.size() && packet.body.size() + list[next]->bytes.size() <= limit; ++count)
      list[next++]->write(packet.body, NOW, TRANSMIT_DELAY);
    packet.body.patch32(ospf::PACKET_HEADER, count);
    send(kj::mv(packet));
  }
  moments.told = now();
  repeatAt = moments.told + RETRANSMIT;
}

void Speaker::flood(const std::vector<ospf::LsaPtr>& changed) {
  KJ_REQUIRE(isFull(), "not adjacent", self);
  for (auto& lsa : changed) unacknowledged[lsa->header.key] = lsa;
  update(changed);
}

void Speaker::acknowledge(const std::vector<net::Bytes>& list) {
  // At once; a packet's worth of LSAs has less than a packet's worth of headers.
  ospf::PacketWriter packet(ospf::PacketType::ACKNOWLEDGMENT, grid.idOf(self), ospf::BACKBONE);
  for (auto& lsa : list) {
    net::ByteReader in(lsa);
    auto header = ospf::LsaHeader::read(in);
    header.write(packet.body);
    if (header.key.router != ROUTER_UNDER_TEST) moments.heard = now();
  }
  send(kj::mv(packet));
}

void Speaker::forget(const std::vector<ospf::LsaHeader>& list) {
  for (auto& header : list) {
    auto at = unacknowledged.find(header.key);
    if (at != unacknowledged.end() && at->second->header.sequence == header.sequence) unacknowledged.erase(at);
  }
}

void Speaker::send(ospf::PacketWriter packet) {
  auto bytes = ospf::Authentication().seal(kj::mv(packet.body), net::Ip4(), 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(ospf::ALL_ROUTERS.bits);
  auto sent = sendto(socket, bytes.begin(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  // A link that was cut takes nothing; all else would make the figures wrong.
  KJ_REQUIRE(sent >= 0 || errno == ENETDOWN || errno == ENETUNREACH, "not sent", errno);
}

}  // namespace xylem::bench
