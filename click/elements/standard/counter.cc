// A call is made once, at the packet that brings the count there; when it is to be made again, who is called says so.

#include <click/elements/standard/counter.h>
#include <click/router.h>

namespace xylem::click {

const Kind Counter::KIND = kindOf<Counter>("Counter", "1/1", "a/a");

bool Counter::Call::parse(const std::string& given) {
  text = given;
  auto number = shiftWord(text);
  __int128 value;
  if (number.empty()) {
    at = UINT64_MAX;
    return true;
  }
  if (!parseInteger(number, value) || value < 0 || text.empty()) return false;
  at = uint64_t(value);
  return true;
}

void Counter::configure(Args& args) {
  std::string onCount, onBytes;
  if (!args.keyword("COUNT_CALL", onCount).keyword("BYTE_COUNT_CALL", onBytes).complete()) return;
  if (!countCall.parse(onCount)) args.error("COUNT_CALL: type mismatch");
  if (!byteCall.parse(onBytes)) args.error("BYTE_COUNT_CALL: type mismatch");
}

int Counter::step(Packet& packet) {
  auto now = router().scheduler.clock.steady();
  ++count;
  bytes += packet.length();
  rate.add(now, 1);
  byteRate.add(now, packet.length());
  if (count == countCall.at) fire(countCall);
  if (bytes >= byteCall.at) fire(byteCall);
  return 0;
}

void Counter::fire(Call& call) {
  call.at = UINT64_MAX;
  StandardErrors errors;
  InContext context(errors, "", "While calling a handler from " + quoted(declaration()) + ":");
  router().call(call.text, *this, context);
}

void Counter::setCall(Call& call, const std::string& text, Errors& errors) {
  Call given;
  if (!given.parse(text)) return errors.error("type mismatch");
  call = given;
}

void Counter::addHandlers(Handlers& handlers) {
  auto now = [this]() { return router().scheduler.clock.steady(); };
  auto reset = [this]() {
    count = bytes = 0;
    rate = byteRate = Rate();
  };
  handlers.data("count", count);
  handlers.data("byte_count", bytes);
  handlers.read("rate", [this, now]() { return print(rate.perSecond(now())); });
  handlers.read("bit_rate", [this, now]() { return print(8 * byteRate.perSecond(now())); });
  handlers.read("byte_rate", [this, now]() { return print(byteRate.perSecond(now())); });
  handlers.button("reset", reset);
  handlers.button("reset_counts", reset);
  handlers.write("count_call", [this](const std::string& text, Errors& errors) { setCall(countCall, text, errors); });
  handlers.write("byte_count_call",
                 [this](const std::string& text, Errors& errors) { setCall(byteCall, text, errors); });
}

void Counter::takeState(Element& former, Errors&) {
  auto other = dynamic_cast<Counter*>(&former);
  if (other == nullptr) return;
  count = other->count;
  bytes = other->bytes;
}

}  // namespace xylem::click
