// Ages are measured on the scheduler's clock: timestamps of packets may be missing, or wrong.

#include <click/elements/ethernet/switch.h>
#include <click/elements/tunnel/outer-ip.h>
#include <click/ethernet.h>
#include <click/router.h>

namespace xylem::click {

const Kind Hub::KIND = kindOf<Hub>("Hub", "-/=", "h/h", "#/[^#]");
const Kind EtherSwitch::KIND = kindOf<EtherSwitch>("EtherSwitch", "2-/=", "h/h", "#/[^#]");
const Kind ListenEtherSwitch::KIND = kindOf<ListenEtherSwitch>("ListenEtherSwitch", "2-/=+", "h/h", "#/[^#]");

namespace {

constexpr unsigned HEADER = 14;

void pushToOthers(const Element& element, int port, PacketPtr packet) {
  int last = element.outputs() - 1;
  if (last == port) --last;
  for (int i = 0; i < last; ++i)
    if (i != port) element.output(i).push(packet->clone());
  if (last >= 0) element.output(last).push(std::move(packet));
}

}  // namespace

void Hub::push(int port, PacketPtr packet) { pushToOthers(*this, port, std::move(packet)); }

void EtherSwitch::configure(Args& args) { args.keyword("TIMEOUT", timeout, as::time).complete(); }

void EtherSwitch::addHandlers(Handlers& handlers) {
  handlers.read("table", [this]() {
    std::string out;
    for (auto& [address, place] : table) out += ether::print(address) + " " + std::to_string(place.port) + "\n";
    return out;
  });
  handlers.read(
      "timeout", [this]() { return std::to_string(timeout / SECOND); }, Handler::CALM);
  handlers.write("timeout", [this](const std::string& text, Errors& errors) {
    SilentErrors silent;
    Nanoseconds wanted;
    if (!as::time(trim(text), wanted, Reading{this, silent})) return errors.error("expected timeout (integer)");
    timeout = wanted;
  });
}

void EtherSwitch::takeState(Element& former, Errors&) {
  auto other = dynamic_cast<EtherSwitch*>(&former);
  if (other == nullptr) return;
  for (auto& [address, place] : other->table)
    if (place.port < inputs()) table.emplace(address, place);
}

void EtherSwitch::learn(Mac address, int port, Nanoseconds now) {
  if (table.size() >= MOST && table.find(address) == table.end()) {
    if (now < cleaned + SECOND) return;
    cleaned = now;
    std::erase_if(table, [&](auto& entry) { return now >= entry.second.seen + timeout; });
    if (table.size() >= MOST) return;
  }
  table[address] = {port, now};
}

int EtherSwitch::whereTo(int port, const Packet& packet) {
  if (timeout == 0) return EVERYBODY;
  auto now = router().scheduler.clock.steady();
  auto from = Mac::fromBytes(packet.data() + 6), to = Mac::fromBytes(packet.data());
  if (!from.isMulticast()) learn(from, port, now);
  if (to.isMulticast()) return EVERYBODY;
  auto found = table.find(to);
  if (found == table.end()) return EVERYBODY;
  if (now < found->second.seen + timeout) return found->second.port;
  table.erase(found);
  return EVERYBODY;
}

void EtherSwitch::push(int port, PacketPtr packet) {
  if (packet->length() < HEADER) return;
  int to = whereTo(port, *packet);
  if (to == EVERYBODY)
    pushToOthers(*this, port, std::move(packet));
  else if (to != port)
    output(to).push(std::move(packet));
}

void ListenEtherSwitch::push(int port, PacketPtr packet) {
  if (packet->length() < HEADER) return;
  int to = whereTo(port, *packet);
  if (to == EVERYBODY) return pushToOthers(*this, port, std::move(packet));
  int listener = outputs() - 1;
  output(listener).push(to == port ? std::move(packet) : packet->clone());
  if (packet) output(to).push(std::move(packet));
}

}  // namespace xylem::click
