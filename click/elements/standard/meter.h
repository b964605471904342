#pragma once
// Meter(RATE1, ...), BandwidthMeter(RATE1, ...)
//
// Measures the rate of packets, or of bytes, as an exponentially weighted moving average, and sends the whole stream to
// the output of its rate: 0 while it is below RATE1, 1 below RATE2, and so on; rates increase.
//
// Ports: 1 input, one output more than there are rates, push.
// Handlers: rate, meters (r).
// Example: m :: Meter(1000) -> ...; m [1] -> Print(fast) -> ...;

#include <click/element.h>
#include <click/rate.h>

namespace xylem::click {

class Meter : public Sorting<Meter> {
 public:
  static const Kind KIND;
  explicit Meter(bool inBytes = false) : inBytes(inBytes) {}
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  int step(Packet& packet);

 private:
  const bool inBytes;
  std::vector<uint64_t> limits;
  Rate rate;
};

class BandwidthMeter final : public Meter {
 public:
  static const Kind KIND;
  BandwidthMeter() : Meter(true) {}
};

}  // namespace xylem::click
