// Each input has a signal of its own, so that an empty queue is not asked; all of them wake the scheduler's note.

#include <click/elements/standard/sched.h>
#include <click/router.h>

#include <algorithm>
#include <numeric>

namespace xylem::click {

const Kind PrioSched::KIND = kindOf<PrioSched>("PrioSched", "-/1", "l/l");
const Kind RoundRobinSched::KIND = kindOf<RoundRobinSched>("RoundRobinSched", "-/1", "l/l");
const Kind DRRSched::KIND = kindOf<DRRSched>("DRRSched", "-/1", "l/l");
const Kind StrideSched::KIND = kindOf<StrideSched>("StrideSched", "-/1", "l/l");
const Kind StrideSwitch::KIND = kindOf<StrideSwitch>("StrideSwitch", "1/-", "h/h");
const Kind TimeSortedSched::KIND = kindOf<TimeSortedSched>("TimeSortedSched", "-/1", "l/l");

void PullScheduler::initialize(Errors&) {
  for (int i = 0; i < inputs(); ++i) signals.push_back(upstreamEmptySignal(*this, i, nullptr, &note));
}

bool PullScheduler::isAnyActive() const {
  return std::any_of(signals.begin(), signals.end(), [](auto& each) { return each.active(); });
}

PacketPtr PullScheduler::pull(int) {
  auto packet = choose();
  note.set(packet != nullptr || isAnyActive());
  return packet;
}

PacketPtr PrioSched::choose() {
  for (int i = 0; i < inputs(); ++i)
    if (auto packet = from(i)) return packet;
  return nullptr;
}

PacketPtr RoundRobinSched::choose() {
  for (int tried = 0; tried < inputs(); ++tried) {
    int port = next;
    next = next + 1 < inputs() ? next + 1 : 0;
    if (auto packet = from(port)) return packet;
  }
  return nullptr;
}

// ---- deficit round robin (Shreedhar and Varghese, 1995)

void DRRSched::configure(Args& args) {
  if (args.positional("QUANTUM", quantum).complete() && quantum == 0) args.error("QUANTUM: must be > 0");
  queues.resize(size_t(inputs()));
}

PacketPtr DRRSched::choose() {
  // Whose turn it is keeps it until its deficit is too small. A turn that starts adds a quantum; a queue that is empty
  // keeps nothing. As long as some head is there a later round will be enough for it.
  bool isAny = true;
  while (isAny && !queues.empty()) {
    isAny = false;
    for (size_t tried = 0; tried < queues.size(); ++tried) {
      auto& queue = queues[size_t(at)];
      if (queue.head == nullptr) queue.head = from(at);
      if (queue.head == nullptr) {
        queue.deficit = 0;
      } else if (queue.head->length() <= queue.deficit) {
        queue.deficit -= queue.head->length();
        return std::move(queue.head);
      } else {
        isAny = true;
      }
      at = at + 1 < inputs() ? at + 1 : 0;
      queues[size_t(at)].deficit += quantum;
    }
  }
  return nullptr;
}

// ---- strides (Waldspurger, 1995)

bool Strides::configure(Args& args, int count) {
  Strings words;
  args.rest(words);
  if (int(words.size()) > count) return args.error("too many arguments"), false;
  if (int(words.size()) < count) return args.error("too few arguments"), false;
  ports.assign(size_t(count), Port());
  for (size_t i = 0; i < words.size(); ++i) {
    __int128 tickets;
    if (!parseInteger(words[i], tickets) || tickets < 1 || tickets > MOST)
      return args.error(format("argument %zu should be number of tickets (1 to %u)", i + 1, MOST)), false;
    ports[i].tickets = uint32_t(tickets);
    ports[i].pass = ports[i].stride();
  }
  return true;
}

std::vector<int> Strides::order() const {
  std::vector<int> all(ports.size());
  std::iota(all.begin(), all.end(), 0);
  std::stable_sort(all.begin(), all.end(),
                   [this](int a, int b) { return ports[size_t(a)].pass < ports[size_t(b)].pass; });
  return all;
}

void Strides::addHandlers(Handlers& handlers) {
  for (size_t i = 0; i < ports.size(); ++i) {
    auto name = "tickets" + std::to_string(i);
    handlers.read(name, [this, i]() { return std::to_string(ports[i].tickets); });
    handlers.write(name, [this, i](const std::string& text, Errors& errors) {
      uint32_t tickets;
      if (!read(trim(text), tickets, Reading{nullptr, errors})) return;
      if (tickets < 1 || tickets > MOST) return errors.error("tickets out of range");
      ports[i].tickets = tickets;
    });
  }
  handlers.read("tickets", [this]() {
    std::string out;
    for (auto& port : ports) out += std::to_string(port.tickets) + "\n";
    return out;
  });
}

PacketPtr StrideSched::choose() {
  for (int port : strides.order())
    if (auto packet = from(port)) {
      strides.took(port);
      return packet;
    }
  return nullptr;
}

void StrideSwitch::push(int, PacketPtr packet) {
  if (outputs() == 0) return;
  int port = strides.order()[0];
  strides.took(port);
  output(port).push(std::move(packet));
}

// ---- by time

void TimeSortedSched::configure(Args& args) {
  uint32_t buffer = 1;
  args.keyword("STOP", stops).keyword("BUFFER", buffer).complete();
  heads.resize(size_t(inputs()));
}

PacketPtr TimeSortedSched::choose() {
  PacketPtr* best = nullptr;
  for (int i = 0; i < inputs(); ++i) {
    auto& head = heads[size_t(i)];
    if (head == nullptr) head = from(i);
    if (head != nullptr && (best == nullptr || head->timestamp < (*best)->timestamp)) best = &head;
  }
  if (best != nullptr) return std::move(*best);
  if (stops && !isAnyActive()) router().stop();
  return nullptr;
}

}  // namespace xylem::click
