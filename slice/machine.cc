// Steps. What is in `now` is there, and the other way round; a step that fails takes its thing out of both.

#include <slice/machine.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xrl/installed.h>
#include <xrl/log.h>
#include <xrl/unix.h>

#include <algorithm>
#include <fstream>

namespace xylem::slice {

namespace {

template <typename T> void erase(std::vector<T>& list, const std::string& name) {
  list.erase(std::remove_if(list.begin(), list.end(), [&](auto& each) { return each.name == name; }), list.end());
}

template <typename T> const T& named(const std::vector<T>& list, const std::string& name) {
  for (auto& each : list)
    if (each.name == name) return each;
  KJ_FAIL_ASSERT("a step about nothing", name.c_str());
}

void own(const std::string& path, uint32_t user) { KJ_SYSCALL(chown(path.c_str(), user, user), path.c_str()); }

constexpr const char* PLANE_GROUP = "XYLEM_PLANE_GROUP=3";
constexpr const char* CONTROL = "/run/node/control";

}  // namespace

Machine::Machine(xrl::Loop& loop, Place place) : groups(place.domain), builder(std::move(place), groups), loop(loop) {}

Machine::~Machine() noexcept(false) {}

void Machine::perform(const Step& step, const Slice& wanted) {
  auto& name = step.name;
  if (step.kind == Step::SLICE) {
    now.name = name;
  } else if (step.kind == Step::NODE) {
    if (step.what == Step::REMOVE) return removeNode(name);
    if (step.what == Step::ADD) return addNode(named(wanted.nodes, name));
    changeNode(named(wanted.nodes, name));
  } else if (step.kind == Step::LINK) {
    if (step.what == Step::CHANGE) {
      auto& link = *now.link(name);
      auto& shapes = named(wanted.links, name).shapes;
      return impair(link, shapes);
    }
    if (step.what == Step::REMOVE) {
      builder.removeLink(named(now.links, name));
      return erase(now.links, name);
    }
    auto& link = named(wanted.links, name);
    KJ_ON_SCOPE_FAILURE(builder.removeLink(link));
    builder.addLink(wanted, link);
    now.links.push_back(link);
  } else if (step.kind == Step::GATE) {
    builder.removeGate(now.gate ? *now.gate : Gate());
    now.gate.reset();
    if (step.what == Step::REMOVE) return;
    KJ_ON_SCOPE_FAILURE(builder.removeGate(*wanted.gate));
    builder.addGate(wanted);
    now.gate = wanted.gate;
  } else if (step.what == Step::REMOVE) {
    builder.removeLan(named(now.lans, name));
    erase(now.lans, name);
  } else {
    auto& lan = named(wanted.lans, name);
    KJ_ON_SCOPE_FAILURE(builder.removeLan(lan));
    builder.addLan(wanted, lan);
    now.lans.push_back(lan);
  }
  for (auto& node : now.nodes)
    if (auto target = wanted.node(node.name); target != nullptr && step.kind != Step::NODE && step.what == Step::ADD)
      node.interfaces = target->interfaces;
}

void Machine::settle(const Slice& wanted) {
  now = wanted;
  rewire();
}

void Machine::addNode(const Node& node) {
  KJ_ON_SCOPE_FAILURE(builder.removeNode(node.name));
  builder.addNode(node);
  furnish(node);
  now.nodes.push_back(node);
  auto ready = node.kind == Kind::ROUTER ? "rtrmgr: router runs" : SETTLED;
  auto process = kj::heap<Process>(
      loop, [this, name = node.name]() { return prepare(name); }, ready);
  process->onChange = [this, name = node.name](Process& changed) { onChange(name, changed); };
  processes[node.name] = kj::mv(process);
  unstarted.add(kj::str(ptr(node.name)));
}

void Machine::removeNode(const std::string& name) {
  // Its control group takes all its processes along.
  processes.erase(name);
  builder.removeNode(name);
  erase(now.nodes, name);
}

void Machine::changeNode(const Node& node) {
  auto& before = *now.node(node.name);
  if (before.loopbacks != node.loopbacks || before.gateways != node.gateways) builder.readdress(before, node);
  if (before.limits != node.limits) builder.limit(node);
  if (before.files != node.files || before.command != node.command || before.plane != node.plane) {
    furnish(node);
    unstarted.add(kj::str(ptr(node.name)));
  }
  before = node;
}

void Machine::furnish(const Node& node) {
  auto folder = builder.place.nodeFolder(node.name) + "/run/node/";
  for (auto& [name, content] : node.files) {
    std::ofstream(folder + name) << content;
    own(folder + name, builder.place.firstUser);
  }
}

std::vector<std::string> Machine::commandOf(const Node& node) const {
  auto programs = text(xrl::programDirectory());
  if (node.name == WIRE) return {programs + "/xylem-click", "-w", "-R", "/run/node/wires.click"};
  if (node.kind == Kind::ROUTER)
    return {programs + "/xylem-rtrmgr", "--run", "/run/xylem/main", "/run/node/router.conf"};
  return node.command;
}

Launch Machine::prepare(const std::string& name) {
  auto& place = builder.place;
  Node wire;
  wire.name = WIRE;
  auto found = now.node(name);
  auto& node = found == nullptr ? wire : *found;
  Launch launch;
  launch.node = name == WIRE ? place.name : name;
  launch.folder = place.nodeFolder(name);
  launch.command = commandOf(node);
  launch.log = place.folder() + "/logs/" + name;
  launch.network = openPath(namespaceFolder() + "/" + place.namespaceOf(name), O_RDONLY);
  launch.user = builder.user();
  launch.doors = groups.doors(place.name, name);
  if (name == WIRE) {
    // What an earlier process has left there, nobody listens at.
    unlink((launch.folder + CONTROL).c_str());
    launch.descriptor = builder.egreSocket();
    hasEgre = launch.descriptor.get() >= 0;
    if (auto door = groups.planeDoor(place.name, name); door.get() >= 0) launch.doors.push_back(kj::mv(door));
  } else if (node.plane == Plane::CLICK && !node.limits.processors) {
    // What is limited stays so with all its processes.
    launch.descriptor = groups.planeDoor(place.name, name);
    if (launch.descriptor.get() >= 0) launch.environment.push_back(PLANE_GROUP);
  }
  return launch;
}

kj::Vector<kj::String> Machine::takeUnstarted() { return kj::mv(unstarted); }

Process* Machine::process(const std::string& node) {
  auto found = processes.find(node);
  return found == processes.end() ? nullptr : found->second.get();
}

void Machine::impair(Link& link, const Shape shapes[2]) {
  auto before = link;
  for (int i : {0, 1}) link.shapes[i] = shapes[i];
  KJ_ON_SCOPE_FAILURE(link = before);
  if (!builder.reshape(now, link)) {
    builder.removeLink(before);
    builder.addLink(now, link);
  }
  if (builder.isWire(link.name)) rewire();
}

void Machine::cut(Link& link, bool down) {
  builder.setUp(now, link, !down);
  link.down = down;
}

void Machine::rewire() {
  auto wires = builder.wires();
  if (wires.empty() && process(WIRE) == nullptr) return;
  auto config = wiring(wires, CONTROL);
  auto file = builder.place.nodeFolder(WIRE) + "/run/node/wires.click";
  std::ofstream(file) << config;
  own(file, builder.place.firstUser);
  if (process(WIRE) == nullptr) {
    auto made = kj::heap<Process>(
        loop, [this]() { return prepare(WIRE); }, SETTLED);
    made->onChange = [this](Process& changed) { onChange(WIRE, changed); };
    made->start();
    processes[WIRE] = kj::mv(made);
    return;
  }
  auto problem = builder.egreSocket().get() >= 0 && !hasEgre
                     ? kj::str("it has no socket for tunnels yet")
                     : control(builder.place.nodeFolder(WIRE) + CONTROL, config);
  // One that has just been started, or does not answer, reads the file when it begins.
  if (problem.size() > 0) {
    xrl::log::warn("links are started anew", "reason", problem);
    if (auto pid = process(WIRE)->pid(); pid > 0) kill(pid, SIGKILL);
  }
}

bool Machine::isWired() {
  return process(WIRE) == nullptr || xrl::connectUnix(ptr(builder.place.nodeFolder(WIRE) + CONTROL)) != nullptr;
}

kj::String control(const std::string& path, const std::string& config) {
  auto socket = xrl::connectUnix(ptr(path));
  if (socket == nullptr) return kj::str("nobody listens");
  auto& fd = KJ_ASSERT_NONNULL(socket);
  KJ_SYSCALL(fcntl(fd, F_SETFL, 0));
  timeval patience{2, 0};
  KJ_SYSCALL(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
  auto question = "WRITEDATA hotconfig " + std::to_string(config.size()) + "\n" + config;
  std::string answer;
  if (send(fd, question.data(), question.size(), MSG_NOSIGNAL) != ssize_t(question.size()))
    return kj::str("it does not read");
  // A greeting, then the outcome: `200 ...`.
  char buffer[4096];
  while (std::count(answer.begin(), answer.end(), '\n') < 2) {
    auto size = recv(fd, buffer, sizeof(buffer), 0);
    if (size <= 0) return kj::str("it does not answer");
    answer.append(buffer, size_t(size));
  }
  auto outcome = answer.substr(answer.find('\n') + 1);
  return outcome.starts_with("2") ? kj::String() : kj::str(ptr(outcome));
}

}  // namespace xylem::slice
