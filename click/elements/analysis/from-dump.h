#pragma once
// FromDump(FILENAME, [FORCE_IP false, TIMING false, STOP false, ACTIVE true, SAMPLE 1, START t, START_AFTER d, END t,
//   END_AFTER d, INTERVAL d, END_CALL handler, FILEPOS n])
//
// Reads packets from a pcap file, of micro- or nanoseconds and of either byte order, as fast as it can or, with TIMING,
// at the pace of their timestamps. With FORCE_IP only IP packets come, without what is before the IP header; others go
// to output 1. Bytes that were not captured are noted in the extra length annotation. START and END are points in time,
// or with _AFTER from the first packet on; INTERVAL is the length. At the end STOP stops the router and END_CALL calls
// a write handler.
//
// Ports: 1 or 2 outputs, agnostic, the second pushes.
// Handlers: filename, encap, sampling_prob, filesize, packet_filepos (r), active, filepos (rw),
//   extend_interval, stop (w).
// Example: FromDump(in.pcap, FORCE_IP true, STOP true) -> CheckIPHeader -> ...;

#include <click/elements/analysis/pcap.h>
#include <click/elements/analysis/trace-source.h>

namespace xylem::click {

class FromDump final : public TraceSource {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;

 private:
  PacketPtr read() override;
  bool open(Errors& errors) override;
  int portOf(const Packet& packet) const override { return forcesIp && packet.networkHeader == nullptr ? 1 : 0; }
  uint32_t order(uint32_t value) const { return isSwapped ? __builtin_bswap32(value) : value; }

  bool forcesIp = false, isMapped = false, isSwapped = false, isNano = false;
  uint32_t linkType = 0;
  long position = -1, packetPosition = 0;
};

}  // namespace xylem::click
