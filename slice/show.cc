// Showing slices, once or for as long as they change, and telling what happens to them.

#include <slice/agent.h>
#include <slice/client.h>
#include <slice/json.h>
#include <slice/live.h>
#include <slice/text.h>
#include <slice/words.h>

#include <capnp/message.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace xylem::slice {

namespace {

std::string age(double since) {
  if (since == 0) return "-";
  auto seconds = long(double(time(nullptr)) - since);
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::string left(double ends) {
  if (ends == 0) return "";
  return ", lease over in " + printTime(std::max(0l, long(ends - double(time(nullptr)))) * kj::SECONDS);
}

void printRow(wire::State::Reader state) {
  size_t up = 0;
  for (auto node : state.getNodes()) up += node.getActual() == "up";
  printf("%-20s %-10s %4zu of %-4u %5u   %-8s %s\n", state.getSlice().cStr(), state.getState().cStr(), up,
         state.getNodes().size(), state.getLinks().size(), age(state.getSince()).c_str(), state.getOwner().cStr());
}

void printNode(wire::State::Node::Reader node) {
  auto memory = node.getMemory() / 1048576;
  printf("%-20s %-7s %-9s %7u %6.1fM  %s%s\n", node.getName().cStr(), node.getKind().cStr(), node.getActual().cStr(),
         node.getPid(), memory, node.getLoopbacks().size() > 0 ? node.getLoopbacks()[0].cStr() : "",
         node.getWhy().size() > 0 ? kj::str("  ", node.getWhy()).cStr() : "");
}

void printLink(wire::State::Link::Reader link) {
  auto shape =
      link.getForth() == link.getBack() ? kj::str(link.getForth()) : kj::str(link.getForth(), " / ", link.getBack());
  auto how = kj::str(link.getTunnel(), link.getTunnel().size() > 0 && shape.size() > 0 ? " " : "", shape);
  printf("%-24s %-24s %-5s %-7s %s\n", link.getA().cStr(), link.getB().cStr(), link.getUp() ? "up" : "down",
         link.getCarrier().cStr(), how.cStr());
}

int printOne(wire::State::Reader state, const std::string& what) {
  bool found = what.empty();
  if (what.empty())
    printf("%s: %s, up for %s%s\n\nnode                 kind    state         pid  memory  loopback\n",
           state.getSlice().cStr(), state.getState().cStr(), age(state.getSince()).c_str(),
           left(state.getEnds()).c_str());
  for (auto node : state.getNodes()) {
    if (!what.empty() && node.getName() != ptr(what)) continue;
    found = true;
    printNode(node);
    if (what.empty()) continue;
    printf("  namespace %s, %u restarts\n", node.getNamespace().cStr(), node.getRestarts());
    for (auto interface : node.getInterfaces())
      printf("  %-10s %s %s\n", interface.getName().cStr(), interface.getMac().cStr(),
             kj::strArray(
                 KJ_MAP(each, interface.getAddresses()) { return kj::str(each); }, " ")
                 .cStr());
  }
  if (what.empty() && state.getLinks().size() > 0) printf("\nlink\n");
  for (auto link : state.getLinks()) {
    if (!what.empty() && link.getName() != ptr(what)) continue;
    found = true;
    printLink(link);
  }
  for (auto lan : state.getLans())
    if (what.empty())
      printf("lan %s: %s\n", lan.getName().cStr(),
             kj::strArray(
                 KJ_MAP(each, lan.getMembers()) { return kj::str(each); }, " ")
                 .cStr());
  if (!found)
    fprintf(stderr, "xylem slice: there is no node or link \"%s\" in %s\n", what.c_str(), state.getSlice().cStr());
  return found ? DONE : REFUSED;
}

}  // namespace

namespace {

void showLost(const std::string& name, Options options) {
  if (options.json) {
    capnp::MallocMessageBuilder message;
    auto state = message.initRoot<wire::State>();
    state.setSlice(ptr(name));
    state.setState("lost");
    return printJson(state.asReader());
  }
  printf("%-20s %-10s nobody keeps it: `xylem slice start` makes it again, `gc` removes what there is of it\n",
         name.c_str(), "lost");
}

void showAll(Options options) {
  if (!options.json) printf("slice                state        nodes up  links   up for   owner\n");
  for (auto& each : slicesHere()) {
    Client client(each);
    if (!client.find()) {
      showLost(each, options);
      continue;
    }
    // One that is being removed does not answer any more.
    client.wait(client.keeper().stateRequest().send().then(
        [&](auto&& answer) {
          if (options.json)
            printJson(answer.getState());
          else
            printRow(answer.getState());
        },
        [](kj::Exception&&) {}));
  }
}

int showOne(Client& client, const std::string& what, Options options) {
  auto answer = client.wait(client.keeper().stateRequest().send());
  if (options.json)
    printJson(answer.getState());
  else if (auto code = printOne(answer.getState(), what); code != DONE)
    return code;
  return answer.getState().getState() == "degraded" ? DEGRADED : DONE;
}

}  // namespace

int show(const std::string& name, const std::string& what, Options options) {
  if (name.empty()) {
    showAll(options);
    return DONE;
  }
  Client client(name);
  return client.find() ? showOne(client, what, options) : nobody(name);
}

namespace {

constexpr auto GATHER = 50 * kj::MILLISECONDS;
// Changes that come together are shown together.

class Change {
  // Of any of several slices.
 public:
  void happen() {
    yes = true;
    if (waiting.get() != nullptr) waiting->fulfill();
  }
  kj::Promise<void> next() {
    if (yes) return kj::READY_NOW;
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting = kj::mv(paf.fulfiller);
    return kj::mv(paf.promise);
  }
  void forget() { yes = false; }

 private:
  bool yes = false;
  kj::Own<kj::PromiseFulfiller<void>> waiting;
};

class Watched {
  // A slice whose changes are told.
 public:
  Watched(const std::string& name, Change& change) : client(name), change(change) {}

  bool find() {
    if (!client.find()) return false;
    auto request = client.keeper().eventsRequest();
    request.setFollower(kj::heap<Follower>(change));
    events = request.send().then([](auto&& answer) { return answer.getSubscription(); }).eagerlyEvaluate(nullptr);
    ended = client.gone()
                .then([this]() {
                  isGone = true;
                  change.happen();
                })
                .eagerlyEvaluate(nullptr);
    return true;
  }
  bool gone() const { return isGone; }

  Client client;

 private:
  class Follower final : public wire::Keeper::Follower::Server {
   public:
    explicit Follower(Change& change) : change(change) {}
    kj::Promise<void> record(RecordContext) override {
      change.happen();
      return kj::READY_NOW;
    }

   private:
    Change& change;
  };

  Change& change;
  bool isGone = false;
  kj::Promise<wire::Keeper::Subscription::Client> events = nullptr;
  kj::Promise<void> ended = nullptr;
};

void beginPage(Options options, bool first) {
  if (options.json) return;
  if (isatty(STDOUT_FILENO))
    printf("\x1b[H\x1b[2J");
  else if (!first)
    printf("\n");
}

void await(Client& waiter, Change& change, kj::Promise<void> other) {
  waiter.wait(change.next().exclusiveJoin(kj::mv(other)));
  waiter.wait(kj::Promise<void>(waiter.loop.timer().afterDelay(GATHER)));
  change.forget();
}

int watchOne(const std::string& name, const std::string& what, Options options) {
  Change change;
  Watched watched(name, change);
  if (!watched.find()) return nobody(name);
  for (bool first = true; !watched.gone(); first = false) {
    beginPage(options, first);
    auto fault = kj::runCatchingExceptions([&]() { showOne(watched.client, what, options); });
    fflush(stdout);
    if (fault != nullptr) break;
    await(watched.client, change, kj::NEVER_DONE);
  }
  if (!options.json) printf("%s is gone\n", name.c_str());
  return DONE;
}

[[noreturn]] void watchAll(Options options) {
  Change change;
  auto slices = watchSlices();
  std::map<std::string, kj::Own<Watched>> watched;
  Client waiter("");
  for (bool first = true;; first = false) {
    for (auto each = watched.begin(); each != watched.end();)
      each = each->second->gone() ? watched.erase(each) : std::next(each);
    for (auto& name : slicesHere()) {
      if (watched.count(name) > 0) continue;
      auto found = kj::heap<Watched>(name, change);
      if (found->find()) watched[name] = kj::mv(found);
    }
    beginPage(options, first);
    showAll(options);
    fflush(stdout);
    await(waiter, change, slices->next());
  }
}

bool isNotForAgent() {
  if (agent() == nullptr) return false;
  fprintf(
      stderr,
      "xylem slice: the agent of this machine does not do that; root does, or set XYLEM_SLICES to a folder for slices "
      "without it\n");
  return true;
}

}  // namespace

int watch(const std::string& name, const std::string& what, Options options) {
  if (name.empty() && isNotForAgent()) return NO_AUTHORITY;
  if (name.empty()) watchAll(options);
  return watchOne(name, what, options);
}

namespace {

class Printer final : public wire::Keeper::Follower::Server {
 public:
  explicit Printer(bool json) : asJson(json) {}
  kj::Promise<void> record(RecordContext context) override {
    auto record = context.getParams().getRecord();
    if (asJson) {
      printJson(record);
      return kj::READY_NOW;
    }
    auto when = time_t(record.getTime());
    char clock[16];
    tm local;
    strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&when, &local));
    constexpr const char* KINDS[] = {"slice", "node", "link", "impairment", "process", "lease"};
    printf("%s.%03d %s %s %s%s%s\n", clock, int((record.getTime() - double(when)) * 1000), KINDS[int(record.getKind())],
           record.getName().cStr(), record.getWhat().cStr(), record.getDetail().size() > 0 ? ": " : "",
           record.getDetail().cStr());
    fflush(stdout);
    return kj::READY_NOW;
  }

 private:
  bool asJson;
};

}  // namespace

int events(const std::string& name, bool follow, Options options) {
  Client client(name);
  if (!client.find()) return nobody(name);
  auto request = client.keeper().eventsRequest();
  request.setFollower(kj::heap<Printer>(options.json));
  auto subscription = client.wait(request.send());
  // What is kept has been sent when a later question is answered.
  client.wait(client.keeper().stateRequest().send());
  if (follow) client.wait(client.gone());
  return DONE;
}

}  // namespace xylem::slice
