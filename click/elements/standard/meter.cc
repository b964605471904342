// The whole stream changes its output when the average crosses a limit, not single packets.

#include <click/elements/standard/meter.h>
#include <click/router.h>

namespace xylem::click {

const Kind Meter::KIND = kindOf<Meter>("Meter", "1/2-", "h/h");
const Kind BandwidthMeter::KIND = kindOf<BandwidthMeter>("BandwidthMeter", "1/2-", "h/h");

void Meter::configure(Args& args) {
  Strings words;
  args.rest(words);
  if (words.empty()) return args.error("too few arguments to " + std::string(kind().name) + "(RATE, ...)");
  if (int(words.size()) + 1 != outputs())
    return args.error(format("%zu meters require %zu outputs", words.size(), words.size() + 1));
  for (size_t i = 0; i < words.size(); ++i) {
    uint64_t limit = 0;
    Reading reading{this, args.errors};
    auto before = args.errors.count();
    bool good = inBytes ? as::bandwidth(words[i], limit, reading) : read(words[i], limit, reading);
    if (!good && args.errors.count() == before) args.error(format("argument %zu should be rate", i + 1));
    limits.push_back(limit);
  }
}

int Meter::step(Packet& packet) {
  auto now = router().scheduler.clock.steady();
  rate.add(now, inBytes ? packet.length() : 1);
  auto current = rate.perSecond(now);
  size_t port = 0;
  while (port < limits.size() && current >= double(limits[port])) ++port;
  return int(port);
}

void Meter::addHandlers(Handlers& handlers) {
  handlers.read("rate", [this]() { return print(rate.perSecond(router().scheduler.clock.steady())); });
  handlers.read("meters", [this]() {
    std::string out;
    for (auto limit : limits) out += (out.empty() ? "" : " ") + std::to_string(limit);
    return out;
  });
}

}  // namespace xylem::click
