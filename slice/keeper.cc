// What changes a slice is done one after the other. While a slice is made, its keeper looks up after every few steps,
// so that it notices when nobody waits for the outcome any more; then what has been done is undone.
//
// Impairments that were asked for stay when nodes start anew and when the file is applied again, until the file itself
// says something else about that link.
//
// What goes on while a slice stands is in keeper-life.cc.

#include <slice/keeper.h>
#include <slice/part.h>
#include <slice/text.h>
#include <slice/underlay.h>

#include <kj/debug.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include <xrl/fault.h>
#include <xrl/log.h>

#include <algorithm>

namespace xylem::slice {

using xrl::Task;
using What = wire::Record::Kind;

namespace {

constexpr int STEPS_BETWEEN = 8;
constexpr auto START_PATIENCE = 60 * kj::SECONDS, WIRE_PATIENCE = 10 * kj::SECONDS;

}  // namespace

std::string reason(const kj::Exception& fault) { return text(xrl::explain(fault)); }

Keeper::Abandoned::Abandoned() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  told = kj::mv(paf.fulfiller);
  when = paf.promise.fork();
}

Keeper::Keeper(xrl::Loop& loop, Place place, kj::Own<Store> store, std::optional<kj::Duration> usualLease)
    : loop(loop),
      store(kj::mv(store)),
      machine(kj::heap<Machine>(loop, std::move(place))),
      usualLease(usualLease),
      timetable(loop, [this](const Event& event) { fire(event); }),
      busy(kj::Promise<void>(kj::READY_NOW).fork()),
      tasks(*this) {
  machine->onChange = [this](const std::string& node, Process& process) {
    auto died = process.state() == Process::WAITING;
    record(node == WIRE ? What::PROCESS : What::NODE, node, died ? "died" : word(process.state()),
           died ? process.why() : "");
  };
  recall();
}

Keeper::~Keeper() noexcept(false) {}

Machine& Keeper::there() {
  if (machine.get() == nullptr)
    kj::throwFatalException(
        kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str("the slice has been removed")));
  return *machine;
}

kj::Promise<Outcome> Keeper::apply(kj::Own<capnp::MallocMessageBuilder> spec, wire::Keeper::Progress::Client progress,
                                   kj::Own<Abandoned> abandoned, std::shared_ptr<std::vector<Step>> steps) {
  return inTurn<Outcome>(
      [this, spec = kj::mv(spec), progress = kj::mv(progress), abandoned = kj::mv(abandoned), steps]() mutable {
        return kj::Promise<Outcome>(applyNow(kj::mv(spec), kj::mv(progress), kj::mv(abandoned), steps));
      });
}

Task<Outcome> Keeper::applyNow(kj::Own<capnp::MallocMessageBuilder> spec, wire::Keeper::Progress::Client progress,
                               kj::Own<Abandoned> abandoned, std::shared_ptr<std::vector<Step>> steps) {
  auto from = spec->getRoot<wire::Spec>().asReader();
  auto document = read(from);
  for (auto& each : document.result.problems) co_return Outcome{1, text(kj::str(each))};
  Slice wanted;
  for (auto& each : document.result.slices)
    if (each.name == text(from.getName())) wanted = each;
  if (wanted.name.empty()) co_return Outcome{1, "there is no slice of that name in it"};
  for (auto node : from.getNodes())
    if (wanted.node(text(node)) == nullptr)
      co_return Outcome{1, "there is no node \"" + text(node) + "\" in " + wanted.name};
  narrow(*spec, wanted);
  auto fromFile = wanted;
  slice::apply(memory, file, wanted);
  auto before = machine->now;
  bool fresh = before.name.empty();
  auto remains = hadMemory ? Remains::STORED : Remains::NOTHING;
  auto problem = unfit(wanted);
  if (!problem.empty()) {
    if (fresh) {
      auto removed = destroyNow(remains);
      co_await kj::mv(removed);
    }
    co_return Outcome{1, problem};
  }
  kj::Maybe<kj::Exception> fault;
  try {
    auto made = make(wanted, *steps, progress, *abandoned);
    co_await kj::mv(made);
  } catch (kj::Exception& problem) {
    fault = kj::mv(problem);
  }
  KJ_IF_MAYBE (problem, fault) {
    auto why = reason(*problem);
    record(What::SLICE, "", "rolled back", why);
    if (fresh) {
      auto removed = destroyNow(remains);
      co_await kj::mv(removed);
    } else {
      auto back = rollBack(kj::mv(before));
      co_await kj::mv(back);
    }
    co_return Outcome{2, why};
  }
  stand(fromFile, kj::mv(spec));
  co_return standing();
}

void Keeper::narrow(capnp::MallocMessageBuilder& spec, Slice& wanted) {
  auto root = spec.getRoot<wire::Spec>();
  std::vector<std::string> named;
  for (auto each : root.getNodes()) named.push_back(text(each));
  auto nodes = partNodes(wanted, named, machine->now.name.empty() ? file : machine->now);
  bool isWhole = nodes.size() == wanted.nodes.size();
  // Who makes it again from what is stored makes this part.
  auto list = root.initNodes(isWhole ? 0 : uint(nodes.size()));
  uint i = 0;
  if (!isWhole)
    for (auto& each : nodes) list.set(i++, ptr(each));
  wanted = part(wanted, nodes);
}

Task<void> Keeper::make(const Slice& wanted, std::vector<Step>& steps, wire::Keeper::Progress::Client& progress,
                        Abandoned& abandoned) {
  steps = plan(machine->now.name.empty() ? nullptr : &machine->now, wanted);
  int count = 0;
  for (auto& step : steps) {
    machine->perform(step, wanted);
    if (++count % STEPS_BETWEEN != 0) continue;
    auto tell = progress.stepRequest();
    tell.setText("nodes and links");
    tell.setDone(uint(count));
    tell.setTotal(uint(steps.size()));
    auto told = tell.send();
    co_await kj::mv(told);
    KJ_REQUIRE(!abandoned.yes, "nobody waits for it any more");
  }
  machine->settle(wanted);
  auto unstarted = machine->takeUnstarted();
  auto started = startAll(kj::mv(unstarted), &progress, &abandoned);
  co_await kj::mv(started);
  for (auto until = loop.timer().now() + WIRE_PATIENCE; !machine->isWired() && loop.timer().now() < until;) {
    auto waited = loop.timer().afterDelay(5 * kj::MILLISECONDS);
    co_await kj::mv(waited);
  }
}

Task<void> Keeper::startOne(Process& process) {
  auto stopped = process.stop();
  co_await kj::mv(stopped);
  process.start();
  auto up = process.up().exclusiveJoin(loop.timer().afterDelay(START_PATIENCE));
  co_await kj::mv(up);
}

Task<void> Keeper::startAll(kj::Vector<kj::String> nodes, wire::Keeper::Progress::Client* progress,
                            Abandoned* abandoned) {
  // In waves: so many at a time as the machine can start at once.
  size_t wave = std::max(2, 2 * get_nprocs()), begun = 0, done = 0;
  kj::Own<kj::PromiseFulfiller<void>> more;
  kj::TaskSet running(*this);
  while (done < nodes.size()) {
    if (begun < nodes.size() && begun - done < wave) {
      auto process = machine->process(text(nodes[begun++]));
      if (process == nullptr) {
        ++done;
        continue;
      }
      kj::Promise<void> one = startOne(*process);
      auto count = kj::defer([&done, &more]() {
        ++done;
        more->fulfill();
      });
      running.add(one.attach(kj::mv(count)));
      continue;
    }
    auto paf = kj::newPromiseAndFulfiller<void>();
    more = kj::mv(paf.fulfiller);
    auto next = kj::mv(paf.promise);
    if (abandoned != nullptr) next = next.exclusiveJoin(abandoned->when.addBranch());
    co_await kj::mv(next);
    KJ_REQUIRE(abandoned == nullptr || !abandoned->yes, "nobody waits for it any more");
    if (progress == nullptr) continue;
    auto tell = progress->stepRequest();
    tell.setText("nodes up");
    tell.setDone(uint(done));
    tell.setTotal(uint(nodes.size()));
    auto told = tell.send();
    co_await kj::mv(told);
  }
}

Task<void> Keeper::rollBack(Slice before) {
  for (auto& step : plan(&machine->now, before)) machine->perform(step, before);
  machine->settle(before);
  auto unstarted = machine->takeUnstarted();
  auto started = startAll(kj::mv(unstarted), nullptr, nullptr);
  co_await kj::mv(started);
}

Outcome Keeper::standing() {
  std::string missing;
  size_t count = 0;
  for (auto& [name, process] : machine->processes)
    if (process->wanted() && process->state() != Process::UP && ++count <= 5)
      missing += (missing.empty() ? "" : ", ") + name + " (" +
                 (process->why().empty() ? word(process->state()) : process->why()) + ")";
  if (count == 0) return {};
  return {3, std::to_string(count) + " nodes are not up: " + missing + "; what they printed is in " +
                 machine->builder.place.folder() + "/logs"};
}

kj::Promise<Outcome> Keeper::control(wire::Keeper::Verb verb, std::vector<std::string> nodes) {
  return inTurn<Outcome>([this, verb, nodes = std::move(nodes)]() mutable {
    return kj::Promise<Outcome>(controlNow(verb, std::move(nodes)));
  });
}

Task<Outcome> Keeper::controlNow(wire::Keeper::Verb verb, std::vector<std::string> nodes) {
  if (nodes.empty())
    for (auto& node : machine->now.nodes) nodes.push_back(node.name);
  for (auto& name : nodes)
    if (machine->now.node(name) == nullptr)
      co_return Outcome{1, "there is no node \"" + name + "\" in " + machine->now.name};
  if (verb != wire::Keeper::Verb::START) {
    auto all = kj::heapArrayBuilder<kj::Promise<void>>(nodes.size());
    for (auto& name : nodes) all.add(machine->process(name)->stop());
    auto stopped = kj::joinPromises(all.finish());
    co_await kj::mv(stopped);
  }
  if (verb == wire::Keeper::Verb::STOP) co_return Outcome{};
  kj::Vector<kj::String> unstarted;
  for (auto& name : nodes)
    if (machine->process(name)->state() == Process::STOPPED) unstarted.add(kj::str(ptr(name)));
  auto started = startAll(kj::mv(unstarted), nullptr, nullptr);
  co_await kj::mv(started);
  co_return standing();
}

Outcome Keeper::impair(const std::string& name, const std::vector<Setting>& settings, bool clear) {
  auto link = there().now.link(name);
  if (link == nullptr) return {1, "there is no link \"" + name + "\" in " + machine->now.name};
  auto wanted = *link;
  if (clear)
    for (int i : {0, 1}) wanted.shapes[i] = file.link(link->name)->shapes[i];
  for (auto& setting : settings)
    if (auto problem = set(wanted, setting); !problem.empty()) return {1, problem};
  machine->impair(*link, wanted.shapes);
  remember(*link);
  auto forth = printShape(wanted.shapes[0]), back = printShape(wanted.shapes[1]);
  record(What::IMPAIRMENT, link->name, "changed", forth == back ? forth : forth + " / " + back);
  return {};
}

Outcome Keeper::cut(const std::string& name, bool up) {
  auto link = there().now.link(name);
  if (link == nullptr) return {1, "there is no link \"" + name + "\" in " + machine->now.name};
  if (link->down == up) {
    machine->cut(*link, !up);
    remember(*link);
    record(What::LINK, link->name, up ? "up" : "down");
  }
  return {};
}

kj::Promise<Outcome> Keeper::destroy() {
  return inTurn<Outcome>([this]() { return kj::Promise<Outcome>(destroyNow(Remains::NOTHING)); });
}

kj::Promise<void> Keeper::settled() {
  return inTurn<bool>([]() { return true; }).ignoreResult();
}

kj::Promise<void> Keeper::ready(const std::string& node) {
  auto process = there().process(node);
  return process == nullptr ? kj::Promise<void>(kj::READY_NOW) : process->up();
}

Task<Outcome> Keeper::destroyNow(Remains remains) {
  timetable.stop();
  ending = nullptr;
  // Whoever comes from now on shall make it anew.
  unlink((machine->builder.place.folder() + "/socket").c_str());
  auto all = kj::heapArrayBuilder<kj::Promise<void>>(machine->processes.size());
  for (auto& [name, process] : machine->processes) {
    process->end();
    all.add(process->gone());
  }
  auto gone = kj::joinPromises(all.finish());
  co_await kj::mv(gone);
  auto place = machine->builder.place;
  if (remains == Remains::NOTHING)
    for (auto each : {"/have", "/spec"}) store->remove("slices/" + place.name + each);
  machine = nullptr;
  collect(place, remains);
  // The answer goes first.
  tasks.add(loop.timer().afterDelay(20 * kj::MILLISECONDS).then([this]() { over->fulfill(); }));
  co_return Outcome{};
}

void Keeper::taskFailed(kj::Exception&& exception) { xrl::log::error("task failed", "reason", exception); }

}  // namespace xylem::slice
