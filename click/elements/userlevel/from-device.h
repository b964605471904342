#pragma once
// FromDevice(DEVNAME, [SNIFFER true, PROMISC false, METHOD, HOST false, BURST 64, SNAPLEN, OUTBOUND, HEADROOM,
// FORCE_IP,
//   TIMESTAMP])
//
// Sends the frames that a device receives. A sniffer gets a copy of what the kernel gets too; with SNIFFER false the
// kernel does not get them, or, with HOST true, gets those that concern this host itself: what is not IP, multicast,
// broadcast, and packets to its own addresses.
//
// METHOD is XDP (AF_XDP; never a sniffer) or MMAP, LINUX, PCAP (all of them a packet ring). Without it a sniffer
// has a packet ring, and who is none AF_XDP.
//
// Ports: 1 output, push.
// Handlers: count, kernel_drops (r), reset_counts (w). host (w): with HOST, the host's addresses, separated by spaces.
// fast (rw): whether plain packets go from driver to driver by the plane's own tables, past the graph; they count here
// and at the ToDevice all the same. fast_count (r): how many did.
// Example: FromDevice(eth0) -> Classifier(12/0806, -) -> ...;

#include <click/device.h>
#include <click/element.h>

namespace xylem::click {

class FromDevice final : public Element {
 public:
  static const Kind KIND;
  int configurePhase() const override { return PHASE_PRIVILEGED; }
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors& errors) override;
  void selected(int fd, bool readable, bool writable) override;

 private:
  uint64_t fastCount() const { return uint64_t(int64_t(device->counts().fastReceived) - fastBefore); }
  void setFast(const std::string& text, Errors& errors);

  std::string deviceName;
  Device::Options options;
  bool isSniffer = true, forcesIp = false, hasTimestamp = true, isFast = false;
  uint32_t burst = Batch::MOST, snapLength = 2048, headroom = Packet::HEADROOM;
  std::shared_ptr<Device> device;
  uint64_t count = 0;
  int64_t fastBefore = 0;
  // Of the device's, to be left out.
};

}  // namespace xylem::click
