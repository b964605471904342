#pragma once
// Counter([COUNT_CALL "N HANDLER [VALUE]", BYTE_COUNT_CALL "N HANDLER [VALUE]"])
//
// Counts packets and bytes, and their rates (an exponentially weighted moving average over some seconds). When the
// count reaches N, the write handler is called.
//
// Ports: 1 input, 1 output, agnostic.
// Handlers: count, byte_count, rate (packets/s), bit_rate, byte_rate (r). reset, reset_counts (w).
//   count_call, byte_count_call (w).
// Example: c :: Counter(COUNT_CALL 100 stop);

#include <click/element.h>
#include <click/rate.h>

namespace xylem::click {

class Counter final : public Simple<Counter> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void takeState(Element& former, Errors&) override;
  int step(Packet& packet);

 private:
  struct Call {
    // What happens when a count reaches a number.
    uint64_t at = UINT64_MAX;
    std::string text;
    bool parse(const std::string& given);
  };
  void setCall(Call& call, const std::string& text, Errors& errors);
  void fire(Call& call);

  uint64_t count = 0, bytes = 0;
  Rate rate, byteRate;
  Call countCall, byteCall;
};

}  // namespace xylem::click
