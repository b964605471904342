// Two loops in one thread: that of the router's processes (KJ) and the driver's. While packets come, the driver has the
// processor, and lets the other loop turn after each share of work; when none come, the process sleeps until one of the
// driver's descriptors is ready, a timer of its is due, or somebody rings the bell. The loop's own timers are as coarse
// as milliseconds, which a link of 20 ms would show: the kernel's timers are not.

#include <click/dot.h>
#include <click/elements/userlevel/from-device.h>
#include <click/engine.h>
#include <kj/debug.h>
#include <net/wire.h>
#include <sys/timerfd.h>
#include <xrl/log.h>

#include <fstream>
#include <numeric>
#include <sstream>

namespace xylem::click {

namespace {

constexpr unsigned TURNS = 8;
// Of the driver, before the other loop has its turn.
constexpr size_t SHARES = 256;
// Into which the flows of a group with several hops are divided.

[[noreturn]] void fail(const std::string& why) {
  kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::heapString(why.c_str())));
}

std::string readFile(const std::string& path, std::string& problem) {
  std::ifstream file(path);
  if (!file) problem = path + ": " + strerror(errno);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

Port portFrom(wire::Port::Reader from) {
  Port port;
  port.name = from.getName().cStr();
  port.index = from.getIndex();
  port.mtu = from.getMtu();
  KJ_IF_MAYBE (mac, net::read(from.getMac())) port.mac = *mac;
  for (auto each : from.getAddresses())
    KJ_IF_MAYBE (address, net::read(each)) port.addresses.push_back(*address);
  return port;
}

void share(NextHopGroup& group, const std::vector<unsigned>& weights) {
  // Shares by weight, each hop's together.
  auto total = std::accumulate(weights.begin(), weights.end(), size_t(0));
  group.shares.clear();
  if (group.hops.size() < 2 || total == 0) return;
  size_t sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    group.shares.resize(SHARES * sum / total, uint16_t(i));
  }
}

class Alarm {
 public:
  explicit Alarm(xrl::Loop& loop) : descriptor(make()), due(loop, descriptor, xrl::Readiness::READ) {}

  kj::Promise<void> after(Nanoseconds delay) {
    // One at a time; who waits anew forgets the one before.
    itimerspec at{};
    delay = std::max<Nanoseconds>(delay, 1);
    at.it_value = {delay / SECOND, delay % SECOND};
    KJ_SYSCALL(timerfd_settime(descriptor, 0, &at, nullptr));
    return due.wait();
  }

 private:
  static int make() {
    int fd;
    KJ_SYSCALL(fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    return fd;
  }

  kj::AutoCloseFd descriptor;
  xrl::Readiness due;
};

uint64_t number(Router& router, const Element& element, const char* name) {
  auto handler = router.handler(&element, name);
  if (handler == nullptr || !handler->read) return 0;
  SilentErrors errors;
  __int128 value = 0;
  return parseInteger(trim(handler->read("", errors)), value) ? uint64_t(value) : 0;
}

}  // namespace

// ---- what others ask

class Engine::Writer final : public wire::Plane::Writer::Server {
 public:
  explicit Writer(Engine& engine) : engine(engine) { engine.writer = this; }
  ~Writer() noexcept(false) {
    if (engine.writer == this) engine.writer = nullptr;
  }

 private:
  void check() const { KJ_REQUIRE(engine.writer == this, "another writer has taken over the plane"); }

  kj::Promise<void> ports(PortsContext context) override {
    check();
    std::vector<Port> ports;
    for (auto each : context.getParams().getPorts()) ports.push_back(portFrom(each));
    auto& tables = PlaneTables::get();
    if (ports == tables.ports()) return kj::READY_NOW;
    tables.setPorts(std::move(ports));
    if (engine.hasTable) engine.rebuild();
    return kj::READY_NOW;
  }
  kj::Promise<void> begin(BeginContext) override {
    check();
    PlaneTables::get().begin();
    return kj::READY_NOW;
  }
  kj::Promise<void> push(PushContext context) override {
    check();
    engine.apply(context.getParams().getBatch());
    return kj::READY_NOW;
  }
  kj::Promise<void> synced(SyncedContext) override {
    check();
    PlaneTables::get().use();
    if (!engine.hasTable) {
      engine.hasTable = true;
      engine.rebuild();
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> neighbors(NeighborsContext context) override {
    check();
    auto& tables = PlaneTables::get();
    for (auto each : context.getParams().getNeighbors())
      KJ_IF_MAYBE (address, net::read(each.getAddress())) {
        auto mac = net::read(each.getMac());
        if (each.getKnown() && mac != nullptr)
          tables.setNeighbor(each.getIndex(), *address, KJ_ASSERT_NONNULL(mac));
        else
          tables.removeNeighbor(each.getIndex(), *address);
      }
    return kj::READY_NOW;
  }

  Engine& engine;
};

class Engine::AsPlane final : public wire::Plane::Server {
 public:
  AsPlane(Engine& engine, std::string owner) : engine(engine), owner(std::move(owner)) {}

 private:
  kj::Promise<void> write(WriteContext context) override {
    KJ_REQUIRE(owner == "fea", "the plane is written by the FEA alone", owner.c_str());
    context.getResults().setWriter(kj::heap<Writer>(engine));
    return kj::READY_NOW;
  }

  Engine& engine;
  std::string owner;
};

class Engine::AsHandlers final : public wire::Handlers::Server {
 public:
  explicit AsHandlers(Engine& engine) : engine(engine) {}

 private:
  Router& router() {
    if (engine.driver.router() == nullptr) fail("no graph runs yet");
    return *engine.driver.router();
  }
  HandlerRef resolve(kj::StringPtr name) {
    GatheredErrors errors;
    HandlerRef ref;
    if (!router().resolve(name.cStr(), ref, nullptr, errors)) fail(errors.text());
    return ref;
  }
  kj::Promise<void> read(ReadContext context) override {
    GatheredErrors errors;
    auto value = router().read(resolve(context.getParams().getHandler()), errors);
    if (errors.count() > 0) fail(errors.text());
    context.getResults().setValue(value.c_str());
    return kj::READY_NOW;
  }
  kj::Promise<void> write(WriteContext context) override {
    GatheredErrors errors;
    router().write(resolve(context.getParams().getHandler()), context.getParams().getValue().cStr(), errors);
    if (errors.count() > 0) fail(errors.text());
    engine.bell.ring();
    return kj::READY_NOW;
  }

  Engine& engine;
};

class Engine::AsShow final : public wire::Show::Server {
 public:
  explicit AsShow(Engine& engine) : engine(engine) {}

 private:
  kj::Promise<void> elements(ElementsContext context) override {
    if (engine.driver.router() == nullptr) return kj::READY_NOW;
    auto& router = *engine.driver.router();
    auto list = context.getResults().initElements(unsigned(router.elements().size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      auto& element = *router.elements()[i];
      list[i].setName(element.name().c_str());
      list[i].setClass(element.kind().name);
      list[i].setPackets(number(router, element, "count"));
      list[i].setDrops(number(router, element, "drops"));
      list[i].setConfig(element.configuration.c_str());
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> graph(GraphContext context) override {
    if (engine.driver.router() != nullptr)
      context.getResults().setGraph(unparse(engine.driver.router()->flat()).c_str());
    return kj::READY_NOW;
  }
  kj::Promise<void> dot(DotContext context) override {
    if (engine.driver.router() == nullptr) return kj::READY_NOW;
    auto& router = *engine.driver.router();
    auto note = [&](size_t i) {
      auto packets = number(router, *router.elements()[i], "count"),
           drops = number(router, *router.elements()[i], "drops");
      std::string out = packets > 0 ? std::to_string(packets) + " packets" : "";
      if (drops > 0) out += (out.empty() ? "" : ", ") + std::to_string(drops) + " dropped";
      return out;
    };
    context.getResults().setDot(click::dot(router.flat(), note).c_str());
    return kj::READY_NOW;
  }

  Engine& engine;
};

// ---- configuration

Engine::Engine(xrl::Process& process)
    : Configured(process),
      driving(kj::Promise<void>(drive()).eagerlyEvaluate(
          [](kj::Exception&& bug) { xrl::log::error("forwarding stopped", "reason", bug.getDescription()); })),
      following(kj::Promise<void>(followFeatures()).eagerlyEvaluate([](kj::Exception&& bug) {
        xrl::log::error("the fast path is not kept", "reason", bug.getDescription());
      })) {
  driver.batch = Batch::MOST;
  process.offers->add<wire::Plane>(
      [this](xrl::Caller& caller) { return kj::heap<AsPlane>(*this, std::string(caller.name.cStr())); });
  process.offers->add<wire::Handlers>([this](xrl::Caller&) { return kj::heap<AsHandlers>(*this); });
  process.offers->add<wire::Show>([this](xrl::Caller&) { return kj::heap<AsShow>(*this); });
}

Engine::~Engine() noexcept(false) {}

void Engine::check(wire::Config::Reader config, xrl::Problems& problems) {
  if (config.getGraph().size() == 0) return;
  Source source;
  std::string problem;
  source.file = config.getGraph().cStr();
  source.text = readFile(source.file, problem);
  GatheredErrors errors;
  if (problem.empty()) {
    parse(source, errors);
    problem = errors.text();
  }
  if (!problem.empty()) problems.add(kj::str("graph"), kj::str(problem.c_str()));
}

xrl::Task<void> Engine::commit(wire::Config::Reader config) {
  static const char* const METHODS[] = {"", "XDP", "MMAP"};
  std::string file = config.getGraph().cStr(), wanted = METHODS[uint(config.getMethod()) % 3];
  bool isNew =
      !hasCommitted || file != graphFile || wanted != method || !file.empty() || config.getFastPath() != wantsFastPath;
  std::string formerFile = graphFile, formerMethod = method;
  graphFile = file;
  method = wanted;
  wantsFastPath = config.getFastPath();
  if (isNew && hasTable) {
    auto before = graphs;
    rebuild();
    if (graphs == before && !file.empty()) {
      graphFile = formerFile;
      method = formerMethod;
      fail("this graph cannot be put in force");
    }
  }
  hasCommitted = true;
  co_return;
}

void Engine::rebuild() {
  // Opening it takes a tenth of a second, during which packets must not wait at devices that are open already: they
  // would then be judged before what has been told meanwhile.
  std::string former = fastPath;
  prepareFastPath();
  if (!graphFile.empty()) {
    std::string problem, text = readFile(graphFile, problem);
    if (problem.empty() ? !load(text, graphFile) : true) {
      if (!problem.empty()) xrl::log::error("cannot read the graph", "reason", problem.c_str());
      fastPath = former;
      return;
    }
  } else if (!load(planeGraph(PlaneTables::get().ports(), method), "plane") && method.empty()) {
    xrl::log::warn("no AF_XDP, packet rings are used");
    load(planeGraph(PlaneTables::get().ports(), "MMAP"), "plane");
  }
  tellDevices();
  if (fastPath != former) xrl::log::info("fast path", "is", fastPath.c_str());
  bell.ring();
}

bool Engine::load(const std::string& text, const std::string& file) {
  Source source;
  source.text = text;
  source.file = file;
  GatheredErrors errors;
  bool good = driver.load(source, errors);
  for (auto& line : errors.lines) xrl::log::warn("graph", "says", line.c_str());
  if (good) ++graphs;
  return good;
}

void Engine::tellDevices() {
  std::string addresses;
  for (auto& port : PlaneTables::get().ports())
    for (auto& each : port.addresses) addresses += std::string(each.address().toString().cStr()) + " ";
  bool isFast = fastPath == "on";
  driver.apply([&](Router& router) {
    for (auto& element : router.elements()) {
      if (dynamic_cast<FromDevice*>(element.get()) == nullptr) continue;
      GatheredErrors errors;
      router.write({element.get(), "host", ""}, addresses, errors);
      router.write({element.get(), "fast", ""}, isFast ? "true" : "false", errors);
      if (errors.count() > 0) fastPath = errors.lines.back();
    }
  });
  tellFeatures();
}

// ---- the fast path

void Engine::prepareFastPath() {
  auto& tables = PlaneTables::get();
  if (!wantsFastPath || !graphFile.empty()) {
    fastPath = wantsFastPath ? "off: the graph is your own" : "off";
    return;
  }
  fastPath = "on";
  if (tables.fastPath() == nullptr) {
    std::string problem;
    if (auto path = FastPath::open(problem))
      tables.setFastPath(std::move(path));
    else
      fastPath = problem;
  }
}

void Engine::tellFeatures() {
  auto path = PlaneTables::get().fastPath();
  if (path == nullptr) return;
  for (auto& port : PlaneTables::get().ports()) path->setTakesFrames(port.index, features.takesFrames(port.index));
}

xrl::Task<void> Engine::followFeatures() {
  if (features.fd() < 0) co_return;
  xrl::Readiness ready(process.loop, features.fd(), xrl::Readiness::READ);
  for (;;) {
    co_await ready.wait();
    if (features.drain()) tellFeatures();
  }
}

// ---- tables

void Engine::apply(rib::Batch::Reader batch) {
  for (auto group : batch.getGroups()) apply(group);
  auto& set = PlaneTables::get().filling();
  for (auto route : batch.getRoutes()) {
    auto net = net::netFromParts(route.getVersion(), route.getHigh(), route.getLow(), route.getLength());
    KJ_IF_MAYBE (prefix, net) {
      if (PlaneTables::get().isConnected(*prefix)) continue;
      if (route.getNextHop() == 0)
        set.remove(*prefix);
      else
        set.set(*prefix, set.placeOf(route.getNextHop()));
    }
  }
}

void Engine::apply(rib::NextHopGroup::Reader from) {
  auto& set = PlaneTables::get().filling();
  NextHopGroup group;
  std::vector<unsigned> weights;
  switch (from.which()) {
    case rib::NextHopGroup::HOPS:
      group.kind = NextHopGroup::HOPS;
      for (auto hop : from.getHops()) {
        auto gateway = net::read(hop.getGateway());
        group.hops.push_back({PlaneTables::get().indexOf(hop.getInterface().cStr()), gateway.orDefault(net::Ip())});
        weights.push_back(hop.getWeight());
      }
      break;
    case rib::NextHopGroup::BLACKHOLE:
      group.kind = NextHopGroup::BLACKHOLE;
      break;
    default:
      group.kind = NextHopGroup::UNREACHABLE;
  }
  share(group, weights);
  set.setGroup(set.placeOf(from.getId()), std::move(group));
}

void Engine::state(wire::State::Builder state) {
  auto& tables = PlaneTables::get();
  auto ports = state.initPort(unsigned(tables.ports().size()));
  for (unsigned i = 0; i < ports.size(); ++i) {
    auto& name = tables.ports()[i].name;
    ports[i].setName(name.c_str());
    ports[i].setTakesFrames(features.takesFrames(tables.ports()[i].index));
    for (auto method : {Device::Method::XDP, Device::Method::PACKET})
      if (auto device = Device::find(name, method)) {
        auto counts = device->counts();
        ports[i].setReceived(counts.received + counts.fastReceived);
        ports[i].setSent(counts.sent + counts.fastSent);
        ports[i].setKernelDrops(counts.kernelDrops);
        ports[i].setFastReceived(counts.fastReceived);
        ports[i].setFastSent(counts.fastSent);
      }
  }
  state.setFastPath(fastPath.c_str());
  auto table = state.initTable();
  table.setRoutes4(tables.routes().ip4.size());
  table.setRoutes6(tables.routes().ip6.size());
  table.setGroups(unsigned(tables.routes().groupCount()));
  table.setNeighbors(unsigned(tables.neighborCount()));
  table.setGraphs(graphs);
  if (driver.router() != nullptr) table.setElements(unsigned(driver.router()->elements().size()));
}

// ---- the two loops

xrl::Task<void> Engine::drive() {
  auto& loop = process.loop;
  xrl::Readiness ready(loop, driver.scheduler.fd(), xrl::Readiness::READ);
  Alarm alarm(loop);
  for (;;) {
    bool isRunning = driver.router() != nullptr;
    for (unsigned i = 0; i < TURNS && isRunning; ++i) {
      isRunning = driver.turn(false);
      if (driver.idle()) break;
    }
    if (isRunning && !driver.idle()) {
      co_await loop.timer().afterDelay(0 * kj::SECONDS);
      continue;
    }
    kj::Promise<void> wake = bell.wait();
    if (isRunning) wake = wake.exclusiveJoin(ready.wait());
    auto until = driver.scheduler.untilTimer();
    if (isRunning && until >= 0) wake = wake.exclusiveJoin(alarm.after(until));
    co_await kj::mv(wake);
  }
}

}  // namespace xylem::click
