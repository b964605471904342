// What kind of packet it is (for this host, a broadcast, ...) is noted even where nothing is dropped, since elements
// behind this one ask for it (ICMPError, DropBroadcasts).

#include <click/elements/ethernet/host-ether-filter.h>
#include <click/ethernet.h>

namespace xylem::click {

const Kind HostEtherFilter::KIND = kindOf<HostEtherFilter>("HostEtherFilter", "1/1-2", "a/ah");

void HostEtherFilter::configure(Args& args) {
  args.mandatory("ETHER", own)
      .positional("DROP_OWN", dropsOwn)
      .positional("DROP_OTHER", dropsOther)
      .keyword("OFFSET", offset)
      .complete();
}

int HostEtherFilter::step(Packet& packet) {
  bool isWhole = packet.length() >= offset && packet.length() - offset >= ether::HEADER;
  bool isDropped = !isWhole;
  if (isWhole) {
    auto frame = packet.data() + offset;
    auto dst = Mac::fromBytes(frame + ether::DST);
    packet.type = dst == own          ? Packet::Type::HOST
                  : dst.isBroadcast() ? Packet::Type::BROADCAST
                  : dst.isMulticast() ? Packet::Type::MULTICAST
                                      : Packet::Type::OTHERHOST;
    isDropped = (dropsOwn && Mac::fromBytes(frame + ether::SRC) == own) ||
                (dropsOther && packet.type == Packet::Type::OTHERHOST);
  }
  drops += isDropped;
  return isDropped;
}

}  // namespace xylem::click
