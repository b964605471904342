// RFC 826.

#include <click/elements/ethernet/arp-querier.h>
#include <click/elements/ethernet/handlers.h>
#include <click/ethernet.h>
#include <click/router.h>

namespace xylem::click {

const Kind ARPQuerier::KIND = kindOf<ARPQuerier>("ARPQuerier", "2/1-2", "h/h", "xy/x");

namespace {

constexpr Mac EVERYBODY{0xffffffffffff};

Mac multicast(uint32_t address) { return {uint64_t(0x01005e000000) | (address & 0x7fffff)}; }

}  // namespace

void ARPQuerier::configure(Args& args) {
  Element* shared = nullptr;
  std::optional<Ip4> given;
  std::string first, second;
  args.mandatory("IP", first, as::raw).positional("ETH", second, as::raw);
  if (args.has("TABLE"))
    args.keyword("TABLE", shared);
  else
    own.readLimits(args);
  args.keyword("POLL_TIMEOUT", pollTimeout, as::time)
      .keyword("BROADCAST", given)
      .keyword("BROADCAST_POLL", pollsByBroadcast);
  if (!args.complete()) return;
  Reading reading{this, args.errors};
  // One name stands for both.
  if (!read(first, ip, reading)) args.error("IP: type mismatch");
  if (!read(second.empty() ? first : second, mac, reading))
    args.error(second.empty() ? "ETH: required argument missing" : "ETH: type mismatch");
  broadcast = given.value_or(Ip4{~0u});
  table = &own;
  if (shared == nullptr) return;
  table = dynamic_cast<ARPTable*>(shared);
  if (table == nullptr) {
    table = &own;
    args.error("TABLE: " + quoted(shared->name()) + " is not an ARPTable");
  }
}

void ARPQuerier::initialize(Errors&) { own.start(*this); }

bool ARPQuerier::resolve(Packet& packet, Mac& to) {
  auto address = packet.dstIp();
  auto answer = table->lookup(address, to, pollTimeout);
  if (answer == ARPTable::Answer::STALE) query(address, pollsByBroadcast ? EVERYBODY : to);
  if (answer != ARPTable::Answer::UNKNOWN) return true;
  bool isForAll = address == ~0u || address == broadcast.bits;
  if (isForAll) to = EVERYBODY;
  if (!isForAll && Ip4{address}.isMulticast()) {
    to = multicast(address);
    isForAll = true;
  }
  return isForAll;
}

bool ARPQuerier::address(Packet& packet) {
  Mac to;
  if (!resolve(packet, to)) return false;
  packet.push(ether::HEADER);
  packet.macHeader = packet.data();
  ether::write(packet.data(), to, mac, ether::IP4);
  return true;
}

void ARPQuerier::hold(PacketPtr packet) {
  auto address = packet->dstIp();
  if (address != 0) {
    if (table->await(address, std::move(packet))) query(address, EVERYBODY);
    return;
  }
  if (!hasWarned) chatter(declaration() + ": would query for 0.0.0.0; missing dest IP addr annotation?");
  hasWarned = true;
  ++drops;
}

void ARPQuerier::query(uint32_t address, Mac dst) {
  ++queries;
  auto packet = arp::make(dst, mac, {arp::REQUEST, mac, ip.bits, Mac(), address});
  packet->timestamp = router().scheduler.clock.now();
  output(outputs() - 1).push(std::move(packet));
}

void ARPQuerier::answer(const Packet& packet) {
  arp::Message message;
  if (!arp::parseFrame(packet, message) || message.operation != arp::REPLY) return;
  ++responses;
  if (message.senderIp == 0 || message.senderIp == ~0u || message.senderMac.isMulticast()) return;
  for (auto& each : table->learn(message.senderIp, message.senderMac)) push(0, std::move(each));
}

void ARPQuerier::push(int port, PacketPtr packet) {
  if (port == 1) return answer(*packet);
  if (address(*packet))
    output(0).push(std::move(packet));
  else
    hold(std::move(packet));
}

void ARPQuerier::pushBatch(int port, Batch& batch) {
  Batch ready;
  for (auto packet : batch.release()) {
    if (port == 1)
      push(port, PacketPtr(packet));
    else if (address(*packet))
      ready.add(packet);
    else
      hold(PacketPtr(packet));
  }
  if (!ready.empty()) output(0).push(ready);
}

void ARPQuerier::addHandlers(Handlers& handlers) {
  table->addHandlers(handlers);
  ipHandler(handlers, *this, "ipaddr", ip);
  ipHandler(handlers, *this, "broadcast", broadcast);
  handlers.data("queries", queries);
  handlers.data("responses", responses);
  auto dropped = [this]() { return std::to_string(drops + table->drops); };
  handlers.read("drops", dropped);
  handlers.read("stats", [this, dropped]() {
    return dropped() + " packets killed\n" + std::to_string(queries) + " ARP queries sent\n";
  });
}

void ARPQuerier::takeState(Element& former, Errors&) {
  auto other = dynamic_cast<ARPQuerier*>(&former);
  if (other == nullptr || table != &own || other->table != &other->own) return;
  own.takeEntries(other->own);
}

}  // namespace xylem::click
