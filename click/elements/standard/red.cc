// The queues are those that a walk along the flow meets first. While they are empty nothing updates the average: it is
// caught up with, as if a packet had found them empty fifty times a second.

#include <click/elements/standard/red.h>
#include <click/random.h>
#include <click/router.h>

#include <algorithm>
#include <cmath>

namespace xylem::click {

const Kind RED::KIND = kindOf<RED>("RED", "1/1-2", "a/ah");
const Kind AdaptiveRED::KIND = kindOf<AdaptiveRED>("AdaptiveRED", "1/1-2", "a/ah");
const Kind PI::KIND = kindOf<PI>("PI", "1/1-2", "a/ah");

namespace {

constexpr uint32_t MOST_THRESH = 0xffff;
constexpr double LEAST_INTERVAL = 1e-6;
// Seconds.
constexpr Nanoseconds EMPTY_PERIOD = SECOND / 50, ADAPTATION = SECOND / 2;

}  // namespace

// ---- what all have

void EarlyDropper::configureQueues(const std::string& names, Args& args) {
  if (names.empty() || !elements.empty()) return;
  for (auto& name : splitWords(names))
    if (auto element = router().find(name, this))
      elements.push_back(element);
    else
      args.error("no element named " + quoted(name));
}

void EarlyDropper::initialize(Errors& errors) {
  if (elements.empty()) {
    bool isDown = isPush(Direction::OUTPUT, 0);
    router().visit(*this, isDown ? Direction::OUTPUT : Direction::INPUT, 0, [this](Element& element, Direction, int) {
      if (dynamic_cast<Storage*>(&element) == nullptr) return true;
      if (std::find(elements.begin(), elements.end(), &element) == elements.end()) elements.push_back(&element);
      return false;
    });
  }
  if (elements.empty()) return errors.error("no nearby Queues");
  for (auto element : elements)
    if (auto storage = dynamic_cast<Storage*>(element))
      queues.push_back(storage);
    else
      errors.error(quoted(element->name()) + " is not a Storage element");
}

size_t EarlyDropper::queueSize() const {
  size_t sum = 0;
  for (auto queue : queues) sum += queue->stored();
  return sum;
}

void EarlyDropper::push(int, PacketPtr packet) {
  if (!shouldDrop()) return output(0).push(std::move(packet));
  ++drops;
  pushTo(1, std::move(packet));
}

PacketPtr EarlyDropper::pull(int) {
  while (auto packet = input(0).pull()) {
    if (!shouldDrop()) return packet;
    ++drops;
    pushTo(1, std::move(packet));
  }
  return nullptr;
}

std::string EarlyDropper::stats(double average) const {
  return format("%zu current queue\n%.3f avg queue\n", queueSize(), average) + std::to_string(drops) + " drops\n";
}

void EarlyDropper::addCommonHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  handlers.read("queues", [this]() {
    std::string out;
    for (auto element : elements) out += element->name() + "\n";
    return out;
  });
}

// ---- RED

void RED::check(const Settings& wanted, Errors& errors) const {
  if (wanted.most > MOST_THRESH) return errors.error(format("max_thresh too large (max %u)", MOST_THRESH));
  if (wanted.least > wanted.most) return errors.error("min_thresh greater than max_thresh");
  if (wanted.probability < 0 || wanted.probability > 1) return errors.error("max_p parameter must be between 0 and 1");
  if (wanted.stability < 1 || wanted.stability > 16)
    return errors.error("STABILITY parameter must be between 1 and 16");
}

void RED::configure(Args& args) {
  Settings wanted{0, 0, 4, 0};
  std::string names;
  bool gentle = true;
  args.mandatory("MIN_THRESH", wanted.least)
      .mandatory("MAX_THRESH", wanted.most)
      .mandatory("MAX_P", wanted.probability);
  args.positional("QUEUES", names).keyword("STABILITY", wanted.stability).keyword("GENTLE", gentle);
  if (args.complete()) finishConfigure(wanted, gentle, names, args);
}

void RED::finishConfigure(const Settings& wanted, bool gentle, const std::string& names, Args& args) {
  configureQueues(names, args);
  auto before = args.errors.count();
  change(wanted, args.errors);
  if (args.errors.count() == before) isGentle = gentle;
}

void RED::change(Settings wanted, Errors& errors) {
  auto before = errors.count();
  check(wanted, errors);
  if (errors.count() > before) return;
  least = wanted.least;
  most = wanted.most;
  stability = wanted.stability;
  mostProbability = wanted.probability;
}

void RED::measure() {
  auto size = double(queueSize());
  auto weight = 1.0 / double(1 << stability);
  if (size > 0) {
    average += (size - average) * weight;
    emptySince = 0;
    return;
  }
  auto now = router().scheduler.clock.steady();
  auto periods = emptySince == 0 ? 1 : (now - emptySince) / EMPTY_PERIOD;
  average *= std::pow(1 - weight, double(periods));
  if (emptySince == 0 || periods > 0) emptySince = now;
}

double RED::probability() const {
  if (average <= most) return mostProbability * (average - least) / std::max<double>(most - least, 1e-9);
  return mostProbability + (1 - mostProbability) * (average - most) / std::max<double>(most, 1e-9);
}

bool RED::shouldDrop() {
  measure();
  if (average <= least) {
    count = -1;
    return false;
  }
  if (average > (isGentle ? 2.0 : 1.0) * most) {
    count = -1;
    return true;
  }
  // Drops are spread evenly: the next one comes when that many have passed.
  auto chance = probability();
  bool drops = ++count > 0 && chance > 0 && count > threshold / chance;
  if (drops) count = 0;
  if (count == 0) threshold = Random::shared().fraction();
  return drops;
}

void RED::addHandlers(Handlers& handlers) {
  addCommonHandlers(handlers);
  handlers.read("avg_queue_size", [this]() { return format("%.3f", average); });
  handlers.read("stats", [this]() { return stats(average); });
  auto set = [this, &handlers](const char* name, auto Settings::*field) {
    handlers.write(name, [this, field](const std::string& text, Errors& errors) {
      Settings wanted{least, most, stability, mostProbability};
      auto before = errors.count();
      bool good = click::read(trim(text), wanted.*field, Reading{this, errors});
      if (good && errors.count() == before) change(wanted, errors);
    });
  };
  handlers.data("min_thresh", least);
  handlers.data("max_thresh", most);
  handlers.data("max_p", mostProbability);
  set("min_thresh", &Settings::least);
  set("max_thresh", &Settings::most);
  set("max_p", &Settings::probability);
}

void RED::takeState(Element& former, Errors&) {
  if (auto other = dynamic_cast<RED*>(&former)) average = other->average;
}

// ---- AdaptiveRED

void AdaptiveRED::configure(Args& args) {
  constexpr uint32_t LEAST_TARGET = 10;
  Settings wanted{0, 0, 4, 0};
  uint32_t target = 0;
  std::string names;
  args.mandatory("TARGET", target).mandatory("MAX_P", wanted.probability);
  if (!args.keyword("QUEUES", names).keyword("STABILITY", wanted.stability).complete()) return;
  target = std::clamp(target, LEAST_TARGET, MOST_THRESH + 1);
  wanted.least = target / 2;
  wanted.most = target + wanted.least;
  finishConfigure(wanted, true, names, args);
}

void AdaptiveRED::initialize(Errors& errors) {
  RED::initialize(errors);
  timer.initialize(*this);
  timer.scheduleAfter(ADAPTATION);
}

void AdaptiveRED::runTimer(Timer&) {
  auto part = (most - least) / 2.0;
  if (average < least + part && mostProbability > 0.01)
    mostProbability *= 0.9;
  else if (average > most - part && mostProbability < 0.5)
    mostProbability += std::min(0.01, mostProbability / 4);
  timer.rescheduleAfter(ADAPTATION);
}

// ---- PI

void PI::configure(Args& args) {
  double w = 0, first = 0, second = 0;
  uint32_t length = 0, shift = 4;
  std::string names;
  args.mandatory("W", w).mandatory("A", first).mandatory("B", second).mandatory("TARGET", length);
  args.positional("QUEUES", names).keyword("QREF", length).keyword("STABILITY", shift);
  if (!args.complete()) return;
  if (length > MOST_THRESH) return args.error(format("`target_q' too large (max %u)", MOST_THRESH));
  if (w < LEAST_INTERVAL) return args.error("w must be positive");
  if (first < 0) return args.error("a must be positive");
  if (second < 0) return args.error("b must be positive");
  if (shift < 1 || shift > 16) return args.error("STABILITY parameter must be between 1 and 16");
  interval = w;
  a = first;
  b = second;
  target = length;
  stability = shift;
  configureQueues(names, args);
}

void PI::initialize(Errors& errors) {
  EarlyDropper::initialize(errors);
  timer.initialize(*this);
  timer.scheduleAfter(period());
}

Nanoseconds PI::period() const {
  constexpr double LONGEST = 1e6;
  return Nanoseconds(std::min(interval, LONGEST) * SECOND);
}

void PI::runTimer(Timer&) {
  auto size = double(queueSize());
  average += (size - average) / double(1 << stability);
  probability = std::clamp(probability + a * (size - target) - b * (former - target), 0.0, 1.0);
  former = size;
  timer.rescheduleAfter(period());
}

bool PI::shouldDrop() { return Random::shared().happens(probability); }

void PI::addHandlers(Handlers& handlers) {
  addCommonHandlers(handlers);
  handlers.data("target", target);
  handlers.data("p", probability);
  handlers.read("avg_queue_size", [this]() { return format("%.3f", average); });
  handlers.read("stats", [this]() { return stats(average); });
  auto atLeast = [&handlers](const char* name, double& value, double least) {
    handlers.data(name, value);
    handlers.write(name, [name, &value, least](const std::string& text, Errors& errors) {
      double wanted = 0;
      if (!parseReal(trim(text), wanted) || wanted < least)
        errors.error(std::string(name) + " must be positive");
      else
        value = wanted;
    });
  };
  atLeast("w", interval, LEAST_INTERVAL);
  atLeast("a", a, 0);
  atLeast("b", b, 0);
}

}  // namespace xylem::click
