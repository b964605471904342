#pragma once
// ARPQuerier(IP, ETH [, TABLE, CAPACITY 2048, ENTRY_CAPACITY 0, ENTRY_PACKET_CAPACITY 0, TIMEOUT 5m, POLL_TIMEOUT 1m,
// BROADCAST,
//   BROADCAST_POLL false]), ARPQuerier(NAME [, ...])
//
// Puts an Ethernet header in front of each IP packet, for the annotated destination (the next hop). If its address is
// not known, the packet waits, and a query is sent, at most ten a second for an address. An answer that is older than
// POLL_TIMEOUT is used, and asked for again (directly, or with BROADCAST_POLL of all). Packets to BROADCAST,
// 255.255.255.255 and multicast addresses need no query. NAME is a name of AddressInfo for both addresses. TABLE names
// an ARPTable; otherwise it has its own, with the limits given here.
//
// Ports: input 0 takes IP packets, input 1 ARP replies in Ethernet frames; output 0 sends frames, and queries too,
// unless there is an
//   output 1 for them. Push.
// Handlers: ipaddr, broadcast (rw). queries, responses, drops, stats, table, count, length (r). insert, delete, clear
// (w). Example: arpq :: ARPQuerier(10.0.0.1, 02:00:00:00:00:01); ... -> arpq -> Queue -> ToDevice(eth0); c [1] -> [1]
// arpq;

#include <click/element.h>
#include <click/elements/ethernet/arp-table.h>

namespace xylem::click {

class ARPQuerier final : public Element {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors&) override;
  void push(int port, PacketPtr packet) override;
  void pushBatch(int port, Batch& batch) override;

 private:
  bool address(Packet& packet);
  // Writes the header, if it is known.
  bool resolve(Packet& packet, Mac& mac);
  void hold(PacketPtr packet);
  void answer(const Packet& packet);
  void query(uint32_t address, Mac dst);

  Ip4 ip, broadcast;
  Mac mac;
  Nanoseconds pollTimeout = 60 * SECOND;
  bool pollsByBroadcast = false, hasWarned = false;
  ARPTable own;
  ARPTable* table = &own;
  uint64_t queries = 0, responses = 0, drops = 0;
};

}  // namespace xylem::click
