// What changes a slice is done one after the other. While a slice is made, its keeper looks up after every few steps,
// so that it notices when nobody waits for the outcome any more; then what has been done is undone.
//
// Impairments that were asked for stay when nodes start anew and when the file is applied again, until the file itself
// says something else about that link.

#include <slice/json.h>
#include <slice/keeper.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/sysinfo.h>
#include <time.h>
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

double clockNow() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

std::string reason(const kj::Exception& fault) { return text(xrl::explain(fault)); }

}  // namespace

Keeper::Abandoned::Abandoned() {
  auto paf = kj::newPromiseAndFulfiller<void>();
  told = kj::mv(paf.fulfiller);
  when = paf.promise.fork();
}

Keeper::Keeper(xrl::Loop& loop, Place place, kj::Own<Store> store)
    : loop(loop),
      store(kj::mv(store)),
      machine(kj::heap<Machine>(loop, std::move(place))),
      timetable(loop, [this](const Event& event) { fire(event); }),
      busy(kj::Promise<void>(kj::READY_NOW).fork()),
      tasks(*this) {
  machine->onChange = [this](const std::string& node, Process& process) {
    auto died = process.state() == Process::WAITING;
    record(node == WIRE ? What::PROCESS : What::NODE, node, died ? "died" : word(process.state()),
           died ? process.why() : "");
  };
}

Keeper::~Keeper() noexcept(false) {}

Machine& Keeper::there() {
  if (machine.get() == nullptr)
    kj::throwFatalException(
        kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str("the slice has been removed")));
  return *machine;
}

template <typename T> kj::Promise<T> Keeper::inTurn(kj::Function<kj::Promise<T>()> act) {
  auto mine = busy.addBranch()
                  .then([this, act = kj::mv(act)]() mutable {
                    there();
                    return act();
                  })
                  .fork();
  busy = mine.addBranch().then([](auto&&) {}, [](kj::Exception&&) {}).fork();
  // It goes on if its caller does not wait.
  tasks.add(busy.addBranch());
  return mine.addBranch();
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
  auto fromFile = wanted;
  for (auto& link : wanted.links) {
    // What has been done to a link since stays, unless the file has changed its mind.
    auto before = file.link(link.name), present = machine->now.link(link.name);
    if (before == nullptr || present == nullptr || before->shapes[0] != link.shapes[0] ||
        before->shapes[1] != link.shapes[1])
      continue;
    for (int i : {0, 1}) link.shapes[i] = present->shapes[i];
    link.down = present->down;
  }
  auto before = machine->now;
  bool fresh = before.name.empty();
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
      auto removed = destroyNow();
      co_await kj::mv(removed);
    } else {
      auto back = rollBack(kj::mv(before));
      co_await kj::mv(back);
    }
    co_return Outcome{2, why};
  }
  file = fromFile;
  specification = kj::mv(spec);
  if (file.lease && (fresh || ends == 0)) ends = clockNow() + double(*file.lease / kj::SECONDS);
  if (!file.lease) ends = 0;
  save();
  if (!isUp) {
    isUp = true;
    since = clockNow();
    began = loop.timer().now();
    record(What::SLICE, "", "up");
  }
  timetable.follow(file.events, began);
  co_return standing();
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
  auto forth = printShape(wanted.shapes[0]), back = printShape(wanted.shapes[1]);
  record(What::IMPAIRMENT, link->name, "changed", forth == back ? forth : forth + " / " + back);
  return {};
}

Outcome Keeper::cut(const std::string& name, bool up) {
  auto link = there().now.link(name);
  if (link == nullptr) return {1, "there is no link \"" + name + "\" in " + machine->now.name};
  if (link->down == up) {
    machine->cut(*link, !up);
    record(What::LINK, link->name, up ? "up" : "down");
  }
  return {};
}

kj::Promise<Outcome> Keeper::destroy() {
  return inTurn<Outcome>([this]() { return kj::Promise<Outcome>(destroyNow()); });
}

kj::Promise<void> Keeper::settled() {
  return inTurn<bool>([]() { return true; }).ignoreResult();
}

kj::Promise<void> Keeper::ready(const std::string& node) {
  auto process = there().process(node);
  return process == nullptr ? kj::Promise<void>(kj::READY_NOW) : process->up();
}

Task<Outcome> Keeper::destroyNow() {
  timetable.stop();
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
  machine = nullptr;
  collect(place);
  // The answer goes first.
  tasks.add(loop.timer().afterDelay(20 * kj::MILLISECONDS).then([this]() { over->fulfill(); }));
  co_return Outcome{};
}

void Keeper::fire(const Event& event) {
  try {
    if (event.what == Event::LINK_DOWN || event.what == Event::LINK_UP) cut(event.target, event.what == Event::LINK_UP);
    if (event.what == Event::LINK_SHAPE) impair(event.target, event.settings, false);
    if (event.what == Event::NODE_START) tasks.add(control(wire::Keeper::Verb::START, {event.target}).ignoreResult());
    if (event.what == Event::NODE_STOP) tasks.add(control(wire::Keeper::Verb::STOP, {event.target}).ignoreResult());
    if (event.what == Event::NODE_RESTART)
      tasks.add(control(wire::Keeper::Verb::RESTART, {event.target}).ignoreResult());
    if (event.what == Event::NODE_RUN) run(event);
  } catch (kj::Exception& fault) {
    record(What::SLICE, event.target, "event failed", reason(fault));
  }
}

void Keeper::run(const Event& event) {
  auto process = machine->process(event.target);
  if (process == nullptr || process->pid() == 0)
    return record(What::PROCESS, event.target, "not run", "the node does not run");
  auto& place = machine->builder.place;
  auto log = openPath(place.folder() + "/logs/" + event.target, O_WRONLY | O_APPEND);
  auto doors = machine->groups.doors(place.name, event.target);
  auto pid = begin(process->pid(), doors, event.command, log);
  record(What::PROCESS, event.target, "run", event.command[0]);
  tasks.add(loop.onExit(pid).then([this, name = event.target, program = event.command[0]](int status) {
    record(What::PROCESS, name, "ended", program + " with status " + std::to_string(exitStatus(status)));
  }));
}

void Keeper::save() {
  auto key = "slices/" + machine->now.name + "/spec";
  uint64_t revision = 0;
  KJ_IF_MAYBE (value, store->get(key)) revision = value->revision;
  auto line = json(specification->getRoot<wire::Spec>().asReader());
  KJ_REQUIRE(store->put(key, text(line), revision), "somebody else has changed what is stored of this slice");
}

void Keeper::record(What kind, const std::string& name, const std::string& what, const std::string& detail) {
  records.push_back({clockNow(), kind, name, what, detail});
  if (records.size() > MOST_RECORDS) records.pop_front();
  for (auto follower : followers) send(*follower, records.back());
}

void Keeper::send(Follower& follower, const Kept& from) {
  auto request = follower.client.recordRequest();
  auto to = request.initRecord();
  to.setTime(from.time);
  to.setSlice(ptr(machine.get() == nullptr ? "" : machine->builder.place.name));
  to.setKind(from.kind);
  to.setName(ptr(from.name));
  to.setWhat(ptr(from.what));
  to.setDetail(ptr(from.detail));
  follower.sending = follower.sending.then([request = kj::mv(request)]() mutable { return request.send(); })
                         .eagerlyEvaluate([](kj::Exception&&) {});
}

kj::Own<void> Keeper::follow(wire::Keeper::Follower::Client client) {
  auto follower = new Follower{kj::mv(client)};
  followers.push_back(follower);
  for (auto& each : records) send(*follower, each);
  return kj::heap(kj::defer([this, follower]() {
    followers.remove(follower);
    delete follower;
  }));
}

void Keeper::taskFailed(kj::Exception&& exception) { xrl::log::error("task failed", "reason", exception); }

}  // namespace xylem::slice
