// The timer counts on from its last expiry, so that answers keep their distance however late one of them was.

#include <click/elements/ethernet/arp-faker.h>
#include <click/ethernet.h>

namespace xylem::click {

const Kind ARPFaker::KIND = kindOf<ARPFaker>("ARPFaker", "0/1", "h/h");

void ARPFaker::configure(Args& args) {
  args.mandatory("DSTIP", to).mandatory("DSTETH", toMac).mandatory("SRCIP", ip).mandatory("SRCETH", mac).complete();
}

void ARPFaker::initialize(Errors&) {
  timer.initialize(*this);
  timer.scheduleAfter(SECOND);
}

void ARPFaker::runTimer(Timer&) {
  output(0).push(arp::make(toMac, mac, {arp::REPLY, mac, ip.bits, toMac, to.bits}));
  timer.rescheduleAfter(INTERVAL);
}

}  // namespace xylem::click
