// What goes on in a slice that stands: its events, its lease, its records, and what is stored of it.
//
// Another keeper, after this one has died, reads what is stored: the file, and what has become of the slice. The time
// of events goes on meanwhile. Of what should have happened, what changes links and what stops or starts nodes is made
// up for, in order, so that the slice is in the state in which it should be; programs are not run too late, and nodes,
// which have all just begun, do not begin again.

#include <slice/json.h>
#include <slice/keeper.h>
#include <slice/part.h>
#include <slice/text.h>
#include <slice/words.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <time.h>
#include <xrl/log.h>

#include <algorithm>

namespace xylem::slice {

using xrl::Task;
using What = wire::Record::Kind;

namespace {

constexpr auto LONGEST = 1 * kj::HOURS;
// Between two looks at a clock that somebody may set.

double clockNow() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

double seconds(kj::Duration time) { return double(time / kj::NANOSECONDS) / 1e9; }

}  // namespace

void Keeper::recall() {
  auto key = "slices/" + machine->builder.place.name;
  KJ_IF_MAYBE (spec, store->get(key + "/spec")) {
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<wire::Spec>();
    if (!parseJson(ptr(spec->text), root)) return;
    std::vector<std::string> named;
    for (auto each : root.asReader().getNodes()) named.push_back(text(each));
    for (auto& each : read(root.asReader()).result.slices)
      if (each.name == machine->builder.place.name) file = part(each, partNodes(each, named, {}));
    hadMemory = true;
  }
  KJ_IF_MAYBE (have, store->get(key + "/have"))
    if (auto known = readMemory(have->text)) memory = *known;
  // A lease that is over is no lease.
  if (memory.ends < clockNow()) memory.ends = 0;
}

void Keeper::stand(const Slice& from, kj::Own<capnp::MallocMessageBuilder> spec) {
  auto hadLease = file.lease;
  file = from;
  specification = kj::mv(spec);
  auto now = clockNow();
  auto lease = file.lease ? file.lease : usualLease;
  if (lease && memory.ends == 0) memory.ends = now + seconds(*lease);
  if (!lease && hadLease) memory.ends = 0;
  memory.links.clear();
  for (auto& link : machine->now.links) note(memory, file, link);
  if (!isUp) {
    isUp = true;
    if (memory.since == 0) memory.since = now;
    began = loop.timer().now() - int64_t((now - memory.since) * 1e9) * kj::NANOSECONDS;
    record(What::SLICE, "", "up");
    catchUp(now - memory.since);
  }
  // What a new file says of the past does not happen.
  if (memory.since != now) memory.fired = std::max(memory.fired, now - memory.since);
  save();
  timetable.follow(file.events, began);
  watchLease();
}

void Keeper::catchUp(double until) {
  auto from = memory.fired;
  for (auto& event : file.events) {
    auto at = seconds(event.at);
    if (at <= from || at >= until) continue;
    if (event.what == Event::NODE_RUN || event.what == Event::NODE_RESTART)
      record(What::NODE, event.target, "missed", "an event of " + printTime(event.at));
    else
      fire(event);
  }
}

void Keeper::remember(const Link& link) {
  note(memory, file, link);
  save();
}

void Keeper::watchLease() {
  kj::Promise<void> next = awaitEnd();
  ending = next.eagerlyEvaluate([this](kj::Exception&& fault) { taskFailed(kj::mv(fault)); });
}

Task<void> Keeper::awaitEnd() {
  if (memory.ends == 0) co_return;
  for (;;) {
    auto left = memory.ends - clockNow();
    if (left <= 0) break;
    auto pause = std::min<kj::Duration>(LONGEST, int64_t(left * 1e9) * kj::NANOSECONDS + kj::MILLISECONDS);
    auto waited = loop.timer().afterDelay(pause);
    co_await kj::mv(waited);
  }
  record(What::LEASE, "", "over");
  tasks.add(destroy().ignoreResult());
}

Outcome Keeper::renew(const std::string& time) {
  auto& name = there().now.name;
  auto lease = file.lease ? file.lease : usualLease;
  if (!time.empty()) lease = readTime(time);
  if (time.empty() && !lease) return {1, name + " has no lease; say how long it shall be: `renew " + name + " 7d`"};
  if (!lease) return {1, "\"" + time + "\" is no time; expected one such as 12h or 7d"};
  memory.ends = clockNow() + seconds(*lease);
  save();
  watchLease();
  record(What::LEASE, "", "renewed", "for " + (time.empty() ? printTime(*lease) : time));
  return {};
}

void Keeper::fire(const Event& event) {
  memory.fired = std::max(memory.fired, seconds(event.at));
  save();
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
  // A slice that is being made is stored when it stands.
  if (specification.get() == nullptr || machine.get() == nullptr) return;
  auto put = [this](const std::string& what, const std::string& value) {
    auto key = "slices/" + machine->builder.place.name + "/" + what;
    uint64_t revision = 0;
    KJ_IF_MAYBE (before, store->get(key)) {
      if (before->text == value) return;
      revision = before->revision;
    }
    KJ_REQUIRE(store->put(key, value, revision), "somebody else has changed what is stored of this slice");
  };
  put("spec", text(json(specification->getRoot<wire::Spec>().asReader())));
  put("have", print(memory));
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

}  // namespace xylem::slice
