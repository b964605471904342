// The keeper's socket, and its answers.

#include <slice/hosts.h>
#include <slice/json.h>
#include <slice/keeper.h>
#include <slice/rights.h>
#include <slice/text.h>
#include <slice/words.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xrl/fault.h>
#include <xrl/log.h>
#include <xrl/run.h>
#include <xrl/unix.h>

namespace xylem::slice {

using xrl::Task;

namespace {

constexpr auto GRACE = 3 * kj::SECONDS;
// From the start of a keeper until it is asked for something.

void put(const Outcome& from, wire::Keeper::Outcome::Builder to) {
  to.setCode(from.code);
  to.setText(ptr(from.text));
}

template <typename List> std::vector<std::string> words(List list) {
  std::vector<std::string> out;
  for (auto each : list) out.push_back(text(each));
  return out;
}

void put(const std::vector<Step>& steps, wire::Steps::Builder to) {
  auto list = to.initSteps(uint(steps.size()));
  for (auto i : kj::indices(list)) {
    list[i].setWhat(word(steps[i].what));
    list[i].setKind(word(steps[i].kind));
    list[i].setName(ptr(steps[i].name));
    list[i].setWhy(ptr(steps[i].why));
  }
}

class Subscription final : public wire::Keeper::Subscription::Server {
 public:
  explicit Subscription(kj::Own<void> held) : held(kj::mv(held)) {}

 private:
  kj::Own<void> held;
};

}  // namespace

class Server final : public wire::Keeper::Server {
 public:
  explicit Server(Keeper& keeper) : keeper(keeper) {}

  kj::Promise<void> apply(ApplyContext context) override {
    auto params = context.getParams();
    auto copy = kj::heap<capnp::MallocMessageBuilder>();
    copy->setRoot(params.getSpec());
    auto abandoned = kj::refcounted<Keeper::Abandoned>();
    auto steps = std::make_shared<std::vector<Step>>();
    context.allowCancellation();
    auto watch = kj::defer([mine = kj::addRef(*abandoned)]() mutable {
      mine->yes = true;
      mine->told->fulfill();
    });
    auto done = keeper.apply(kj::mv(copy), params.getProgress(), kj::mv(abandoned), steps);
    return done
        .then([context, steps](Outcome&& outcome) mutable {
          put(outcome, context.getResults().initOutcome());
          put(*steps, context.getResults().initSteps());
        })
        .attach(kj::mv(watch));
  }
  kj::Promise<void> state(StateContext context) override {
    keeper.state(context.getResults().initState());
    return kj::READY_NOW;
  }
  kj::Promise<void> control(ControlContext context) override {
    auto params = context.getParams();
    return keeper.control(params.getVerb(), words(params.getNodes())).then([context](Outcome&& outcome) mutable {
      put(outcome, context.getResults().initOutcome());
    });
  }
  kj::Promise<void> impair(ImpairContext context) override {
    auto params = context.getParams();
    std::vector<Setting> settings;
    for (auto each : params.getSettings()) settings.push_back({text(each.getKey()), words(each.getWords())});
    put(keeper.impair(text(params.getLink()), settings, params.getClear()), context.getResults().initOutcome());
    return kj::READY_NOW;
  }
  kj::Promise<void> cut(CutContext context) override {
    put(keeper.cut(text(context.getParams().getLink()), context.getParams().getUp()),
        context.getResults().initOutcome());
    return kj::READY_NOW;
  }
  kj::Promise<void> events(EventsContext context) override {
    context.getResults().setSubscription(kj::heap<Subscription>(keeper.follow(context.getParams().getFollower())));
    return kj::READY_NOW;
  }
  kj::Promise<void> destroy(DestroyContext context) override {
    return keeper.destroy().then(
        [context](Outcome&& outcome) mutable { put(outcome, context.getResults().initOutcome()); });
  }
  kj::Promise<void> spec(SpecContext context) override {
    context.getResults().setSpec(keeper.spec());
    return kj::READY_NOW;
  }
  kj::Promise<void> renew(RenewContext context) override {
    put(keeper.renew(text(context.getParams().getTime())), context.getResults().initOutcome());
    context.getResults().setEnds(keeper.ends());
    return kj::READY_NOW;
  }
  kj::Promise<void> settled(SettledContext) override { return keeper.settled(); }
  kj::Promise<void> ready(ReadyContext context) override { return keeper.ready(text(context.getParams().getNode())); }

 private:
  Keeper& keeper;
};

wire::Spec::Reader Keeper::spec() {
  if (specification.get() == nullptr) return {};
  return specification->getRoot<wire::Spec>().asReader();
}

namespace {

void putNode(Machine& machine, const Node& from, wire::State::Node::Builder to) {
  to.setName(ptr(from.name));
  auto kind = printKind(from.kind);
  to.setKind(ptr(kind));
  to.setPlane(from.kind == Kind::ROUTER ? from.plane == Plane::CLICK ? "click" : "kernel" : "");
  auto space = machine.builder.place.namespaceOf(from.name);
  to.setNamespace(ptr(space));
  to.setMemory(machine.groups.memory(machine.builder.place.name, from.name));
  KJ_IF_MAYBE (process, machine.process(from.name)) {
    to.setWanted(process->wanted() ? "up" : "stopped");
    to.setActual(word(process->state()));
    if (process->state() != Process::UP) to.setWhy(ptr(process->why()));
    to.setPid(uint32_t(process->pid()));
    to.setRestarts(process->restarts());
  }
  auto loopbacks = to.initLoopbacks(uint(from.loopbacks.size()));
  for (auto i : kj::indices(loopbacks)) loopbacks.set(i, from.loopbacks[i].toString());
  auto all = from.interfaces;
  if (auto& gate = machine.now.gate)
    if (auto way = gate->way(from.name)) all.push_back({WAY_OUT, way->mac, {way->address}, way->mtu});
  auto interfaces = to.initInterfaces(uint(all.size()));
  for (auto i : kj::indices(interfaces)) {
    auto& interface = all[i];
    interfaces[i].setName(ptr(interface.name));
    interfaces[i].setMac(interface.mac.toString());
    auto addresses = interfaces[i].initAddresses(uint(interface.addresses.size()));
    for (auto j : kj::indices(addresses)) addresses.set(j, interface.addresses[j].toString());
  }
}

std::string ends(const End& end) { return end.node + ":" + end.interface; }

}  // namespace

void Keeper::state(wire::State::Builder to) {
  if (machine.get() == nullptr) return to.setState("gone");
  auto& now = machine->now;
  to.setSlice(ptr(now.name));
  to.setOwner(ptr(now.owner));
  to.setState(!isUp ? "starting" : standing().code == 0 ? "up" : "degraded");
  to.setSince(isUp ? memory.since : 0);
  to.setEnds(memory.ends);
  auto nodes = to.initNodes(uint(now.nodes.size()));
  for (auto i : kj::indices(nodes)) putNode(*machine, now.nodes[i], nodes[i]);
  auto links = to.initLinks(uint(now.links.size()));
  for (auto i : kj::indices(links)) {
    auto& link = now.links[i];
    auto a = slice::ends(link.ends[0]), b = slice::ends(link.ends[1]), forth = printShape(link.shapes[0]),
         back = printShape(link.shapes[1]);
    links[i].setName(ptr(link.name));
    links[i].setA(ptr(a));
    links[i].setB(ptr(b));
    links[i].setUp(!link.down);
    links[i].setForth(ptr(forth));
    links[i].setBack(ptr(back));
    auto tunnel = printTunnel(now, link);
    links[i].setTunnel(ptr(tunnel));
    links[i].setCarrier(machine->builder.isWire(link.name) ? "click" : "kernel");
  }
  auto lans = to.initLans(uint(now.lans.size()));
  for (auto i : kj::indices(lans)) {
    lans[i].setName(ptr(now.lans[i].name));
    auto members = lans[i].initMembers(uint(now.lans[i].members.size()));
    for (auto j : kj::indices(members)) {
      auto member = slice::ends(now.lans[i].members[j]);
      members.set(j, ptr(member));
    }
  }
}

kj::Promise<void> Keeper::run(kj::AutoCloseFd listener) {
  auto paf = kj::newPromiseAndFulfiller<void>();
  over = kj::mv(paf.fulfiller);
  tasks.add(acceptAll(kj::mv(listener)));
  tasks.add(endIfUnused());
  return kj::mv(paf.promise);
}

Task<void> Keeper::acceptAll(kj::AutoCloseFd listener) {
  for (;;) {
    co_await loop.whenReadable(listener);
    int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) tasks.add(attend(kj::AutoCloseFd(fd)));
  }
}

Task<void> Keeper::attend(kj::AutoCloseFd socket) {
  xrl::Connection connection(loop, kj::mv(socket), kj::heap<Server>(*this));
  ++connections;
  auto gone = connection.onDisconnect();
  co_await kj::mv(gone);
  --connections;
  tasks.add(endIfUnused());
}

kj::Promise<void> Keeper::endIfUnused() {
  return loop.timer().afterDelay(GRACE).then([this]() -> kj::Promise<void> {
    if (machine.get() == nullptr) return kj::READY_NOW;
    return inTurn<Outcome>([this]() -> kj::Promise<Outcome> {
             if (connections > 0 || !machine->now.name.empty()) return Outcome{};
             return kj::Promise<Outcome>(destroyNow(hadMemory ? Remains::STORED : Remains::NOTHING));
           })
        .ignoreResult();
  });
}

int keep(const std::string& name, const std::string& usualLease, int lease, int ready) {
  kj::AutoCloseFd held(lease), told(ready);
  fcntl(lease, F_SETFD, FD_CLOEXEC);
  fcntl(ready, F_SETFD, FD_CLOEXEC);
  xrl::log::open("slice");
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  xrl::Loop loop;
  auto base = sliceFolder();
  auto store = fileStore(loop, base);
  Place place{base, name, domainOf(base), 0};
  if (!isRootless()) place.firstUser = freeUsers(*store, base, name).wait(loop.waitScope());
  auto& values = *store;
  {
    Keeper keeper(loop, place, kj::mv(store), readTime(usualLease));
    auto listener = xrl::listenUnix(ptr(place.folder() + "/socket"));
    KJ_SYSCALL(chmod((place.folder() + "/socket").c_str(), 0600));
    auto running = keeper.run(kj::mv(listener));
    // Those who wait for this slice see that there is somebody to ask.
    values.put("slices/" + name + "/keeper", std::to_string(getpid()), 0);
    KJ_SYSCALL(::write(told, "", 1));
    told = nullptr;
    running.wait(loop.waitScope());
  }
  return 0;
}

}  // namespace xylem::slice
