// A new choice is checked by the same function as the arguments.

#include <click/elements/standard/switch.h>
#include <click/random.h>
#include <click/router.h>

namespace xylem::click {

const Kind Switch::KIND = kindOf<Switch>("Switch", "1/-", "h/h");
const Kind StaticSwitch::KIND = kindOf<StaticSwitch>("StaticSwitch", "1/-", "h/h");
const Kind SimplePullSwitch::KIND = kindOf<SimplePullSwitch>("SimplePullSwitch", "-/1", "l/l");
const Kind PullSwitch::KIND = kindOf<PullSwitch>("PullSwitch", "-/1", "l/l");
const Kind StaticPullSwitch::KIND = kindOf<StaticPullSwitch>("StaticPullSwitch", "-/1", "l/l");
const Kind InputSwitch::KIND = kindOf<InputSwitch>("InputSwitch", "-/1", "h/h");
const Kind RoundRobinSwitch::KIND = kindOf<RoundRobinSwitch>("RoundRobinSwitch", "1/-", "h/h");
const Kind RandomSwitch::KIND = kindOf<RandomSwitch>("RandomSwitch", "1/-", "h/h");
const Kind HashSwitch::KIND = kindOf<HashSwitch>("HashSwitch", "1/-", "h/h");
const Kind HashDemux::KIND = kindOf<HashDemux>("HashDemux", "1/-", "h/h");

void Chooser::configure(Args& args) {
  int32_t given = isChangeable ? 0 : -1;
  auto name = choosesOutput ? "OUTPUT" : "INPUT";
  if (!(isChangeable ? args.positional(name, given) : args.mandatory(name, given)).complete()) return;
  if (given >= ways()) return args.error(format("%s must be < %d", choosesOutput ? "output" : "input", ways()));
  chosen = given < 0 ? -1 : given;
  changed();
}

void Chooser::addHandlers(Handlers& handlers) {
  handlers.data("switch", chosen);
  handlers.read(
      "config", [this]() { return std::to_string(chosen); }, Handler::CALM);
  if (!isChangeable) return;
  handlers.write("switch", [this](const std::string& text, Errors& errors) {
    Args args({trim(text)}, this, errors);
    configure(args);
  });
}

void PullSwitch::initialize(Errors&) {
  for (int i = 0; i < inputs(); ++i) signals.push_back(upstreamEmptySignal(*this, i, nullptr, &note));
}

PacketPtr PullSwitch::pull(int) {
  auto packet = SimplePullSwitch::pull(0);
  if (packet == nullptr && (chosen < 0 || !signals[size_t(chosen)].active())) note.sleep();
  return packet;
}

int RandomSwitch::step(Packet&) { return int(Random::shared().below(uint64_t(outputs()))); }

void HashSwitch::configure(Args& args) {
  if (!args.mandatory("OFFSET", offset).mandatory("LENGTH", length).complete()) return;
  if (length == 0) args.error("length must be > 0");
}

int HashSwitch::step(Packet& packet) {
  if (uint64_t(offset) + length > packet.length()) return 0;
  int sum = 0, ways = outputs();
  for (uint32_t i = 0; i < length; ++i) sum += packet.data()[offset + i];
  bool isPower = ways == 2 || ways == 4 || ways == 8;
  return isPower ? (sum ^ (sum >> 4)) & (ways - 1) : sum % ways;
}

}  // namespace xylem::click
