// Making, removing and showing slices. What is done inside nodes is in inside.cc.

#include <slice/client.h>
#include <slice/graph.h>
#include <slice/json.h>
#include <slice/live.h>
#include <slice/text.h>

#include <kj/debug.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace xylem::slice {

namespace {

int tellOutcome(const std::string& name, wire::Keeper::Outcome::Reader outcome, Options options) {
  if (options.json)
    printJson(outcome);
  else if (outcome.getText().size() > 0)
    fprintf(stderr, "xylem slice: %s: %s\n", name.c_str(), outcome.getText().cStr());
  return outcome.getCode();
}

int nobody(const std::string& name) {
  fprintf(stderr, "xylem slice: there is no slice \"%s\" here; `xylem slice show` lists those that there are\n",
          name.c_str());
  return REFUSED;
}

class Bar final : public wire::Keeper::Progress::Server {
  // One line of a terminal.
 public:
  explicit Bar(bool shown) : shown(shown) {}
  ~Bar() noexcept(false) {
    if (shown && drawn) fprintf(stderr, "\r\x1b[K");
  }
  kj::Promise<void> step(StepContext context) override {
    auto params = context.getParams();
    if (shown) fprintf(stderr, "\r\x1b[K%s: %u of %u", params.getText().cStr(), params.getDone(), params.getTotal());
    drawn = true;
    return kj::READY_NOW;
  }

 private:
  bool shown, drawn = false;
};

constexpr auto UNDOING = 60 * kj::SECONDS;

bool awaitSettled(const std::string& name) {
  // Nobody keeps it any more, or its keeper is at work on nothing. False if that takes too long.
  Client client(name);
  if (!client.find()) return client.awaitAbandoned();
  enum How { SETTLED, GONE, LATE };
  auto settled = client.keeper().settledRequest().send().then([](auto&&) { return SETTLED; },
                                                              [](kj::Exception&&) { return GONE; });
  auto late = client.loop.timer().afterDelay(UNDOING).then([]() { return LATE; });
  auto how = client.wait(settled.exclusiveJoin(kj::mv(late)));
  return how == GONE ? client.awaitAbandoned() : how == SETTLED;
}

int tryCreate(const Document& document, const Slice& slice, Options options) {
  Client client(slice.name);
  if (!client.findOrStart()) {
    fprintf(stderr, "xylem slice: %s: another command is at work on this slice, and does not end\n",
            slice.name.c_str());
    return REFUSED;
  }
  auto request = client.keeper().applyRequest();
  write(document, slice.name, request.initSpec());
  request.setProgress(kj::heap<Bar>(!options.json && !options.quiet && isatty(STDERR_FILENO)));
  // ^C takes back what has been done: the keeper sees that nobody waits, and ends when it is done with that.
  auto interrupted =
      client.loop.onSignal(SIGINT).exclusiveJoin(client.loop.onSignal(SIGTERM)).then([](int) { return true; });
  kj::Maybe<capnp::Response<wire::Keeper::ApplyResults>> answer;
  auto answered = request.send().then([&](auto&& response) {
    answer = kj::mv(response);
    return false;
  });
  if (client.wait(answered.exclusiveJoin(kj::mv(interrupted)))) {
    client.abandon();
    auto outcome = awaitSettled(slice.name) ? "it is as it was before" : "its keeper still takes back what was done";
    fprintf(stderr, "xylem slice: %s: interrupted; %s\n", slice.name.c_str(), outcome);
    return FAILED;
  }
  auto& response = KJ_ASSERT_NONNULL(answer);
  if (options.json)
    printJson(response.getSteps());
  else if (!options.quiet)
    for (auto step : response.getSteps().getSteps())
      if (response.getSteps().getSteps().size() <= 40)
        printf("%s %s %s%s%s\n", step.getWhat().cStr(), step.getKind().cStr(), step.getName().cStr(),
               step.getWhy().size() > 0 ? ": " : "", step.getWhy().cStr());
  // With JSON, the steps are what is printed.
  auto code = tellOutcome(slice.name, response.getOutcome(), {});
  if (code == DONE && !options.json && !options.quiet)
    printf("%s is up: %zu nodes, %zu links\n", slice.name.c_str(), slice.nodes.size(), slice.links.size());
  return code;
}

int createOne(const Document& document, const Slice& slice, Options options) {
  // A keeper that was about to end, or died, leaves room for another one.
  for (int tries = 3;; --tries) {
    int status = FAILED;
    auto fault = kj::runCatchingExceptions([&]() { status = tryCreate(document, slice, options); });
    KJ_IF_MAYBE (problem, fault) {
      if (tries == 0 || problem->getType() != kj::Exception::Type::DISCONNECTED)
        kj::throwFatalException(kj::mv(*problem));
    } else {
      return status;
    }
  }
}

}  // namespace

bool isRoot() {
  if (geteuid() == 0) return true;
  fprintf(stderr, "xylem slice: only root may make slices here\n");
  return false;
}

int create(const std::string& file, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  KJ_IF_MAYBE (document, loadOrTell(file, options)) {
    int worst = DONE;
    for (auto& slice : document->result.slices) worst = std::max(worst, createOne(*document, slice, options));
    return worst;
  }
  return REFUSED;
}

int planVerb(const std::string& file, Options options) {
  KJ_IF_MAYBE (document, loadOrTell(file, options)) {
    for (auto& slice : document->result.slices) {
      Slice before;
      if (geteuid() == 0) {
        Client client(slice.name);
        if (client.find()) {
          auto answer = client.wait(client.keeper().specRequest().send());
          for (auto& each : read(answer.getSpec()).result.slices)
            if (each.name == slice.name) before = each;
        }
      }
      printSteps(plan(before.name.empty() ? nullptr : &before, slice), options);
    }
    return DONE;
  }
  return REFUSED;
}

int destroy(const std::string& name, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  Client client(name);
  if (client.find()) {
    auto code = client.wait(client.keeper().destroyRequest().send().then(
        [&](auto&& answer) { return tellOutcome(name, answer.getOutcome(), options); },
        [](kj::Exception&&) { return int(DONE); }));
    if (code != DONE) return code;
  }
  // Until its keeper has ended; and what a keeper that died has left.
  if (!client.awaitAbandoned()) {
    fprintf(stderr, "xylem slice: %s: its keeper does not end; look at %s/keeper.log\n", name.c_str(),
            placeOf(name).folder().c_str());
    return FAILED;
  }
  collect(placeOf(name));
  if (!options.quiet && !options.json) printf("%s is gone\n", name.c_str());
  return DONE;
}

int gc(Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  for (auto& name : slicesHere()) {
    Client client(name);
    if (client.find()) {
      auto state = client.wait(client.keeper().stateRequest().send());
      auto ends = state.getState().getEnds();
      if (ends == 0 || ends > double(time(nullptr))) continue;
      printf("%s: its lease is over\n", name.c_str());
      destroy(name, options);
    } else if (client.isAbandoned()) {
      auto found = collect(placeOf(name));
      if (!options.quiet && found.any())
        printf("%s: removed %u namespaces, %u mounts, %u control groups, %u folders that nobody keeps\n", name.c_str(),
               found.namespaces, found.mounts, found.groups, found.folders);
    }
  }
  return DONE;
}

namespace {

std::string age(double since) {
  if (since == 0) return "-";
  auto seconds = long(double(time(nullptr)) - since);
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
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
  printf("%-24s %-24s %-5s %-7s %s\n", link.getA().cStr(), link.getB().cStr(), link.getUp() ? "up" : "down",
         link.getCarrier().cStr(), shape.cStr());
}

int printOne(wire::State::Reader state, const std::string& what) {
  bool found = what.empty();
  if (what.empty())
    printf("%s: %s, up for %s\n\nnode                 kind    state         pid  memory  loopback\n",
           state.getSlice().cStr(), state.getState().cStr(), age(state.getSince()).c_str());
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

int show(const std::string& name, const std::string& what, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  if (name.empty()) {
    if (!options.json) printf("slice                state        nodes up  links   up for   owner\n");
    for (auto& each : slicesHere()) {
      Client client(each);
      if (!client.find()) {
        if (!options.json)
          printf("%-20s %-10s nobody keeps it: `xylem slice gc` removes what there is of it\n", each.c_str(), "lost");
        continue;
      }
      auto answer = client.wait(client.keeper().stateRequest().send());
      if (options.json)
        printJson(answer.getState());
      else
        printRow(answer.getState());
    }
    return DONE;
  }
  Client client(name);
  if (!client.find()) return nobody(name);
  auto answer = client.wait(client.keeper().stateRequest().send());
  if (options.json)
    printJson(answer.getState());
  else if (auto code = printOne(answer.getState(), what); code != DONE)
    return code;
  return answer.getState().getState() == "degraded" ? DEGRADED : DONE;
}

int control(const std::string& name, const std::string& verb, const std::vector<std::string>& nodes, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  Client client(name);
  if (!client.find()) return nobody(name);
  auto request = client.keeper().controlRequest();
  request.setVerb(verb == "start"  ? wire::Keeper::Verb::START
                  : verb == "stop" ? wire::Keeper::Verb::STOP
                                   : wire::Keeper::Verb::RESTART);
  auto list = request.initNodes(uint(nodes.size()));
  for (auto i : kj::indices(list)) list.set(i, ptr(nodes[i]));
  auto answer = client.wait(request.send());
  return tellOutcome(name, answer.getOutcome(), options);
}

int impair(const std::string& name, const std::vector<std::string>& words, bool clear, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  std::string link, way;
  std::vector<Setting> settings;
  for (auto& word : words) {
    auto equals = word.find('=');
    if (equals == std::string::npos && word.find("->") != std::string::npos) {
      way = word;
      link = word.substr(0, word.find("->")) + " " + word.substr(word.find("->") + 2);
    } else if (equals == std::string::npos) {
      link += (link.empty() ? "" : " ") + word;
    } else {
      Setting setting{word.substr(0, equals), {}};
      if (!way.empty()) setting.words.push_back(way);
      setting.words.push_back(word.substr(equals + 1));
      settings.push_back(std::move(setting));
    }
  }
  Client client(name);
  if (!client.find()) return nobody(name);
  auto request = client.keeper().impairRequest();
  request.setLink(ptr(link));
  request.setClear(clear);
  auto list = request.initSettings(uint(settings.size()));
  for (auto i : kj::indices(list)) {
    list[i].setKey(ptr(settings[i].key));
    auto to = list[i].initWords(uint(settings[i].words.size()));
    for (auto j : kj::indices(to)) to.set(j, ptr(settings[i].words[j]));
  }
  auto answer = client.wait(request.send());
  return tellOutcome(name, answer.getOutcome(), options);
}

int cut(const std::string& name, const std::vector<std::string>& link, bool up, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
  Client client(name);
  if (!client.find()) return nobody(name);
  auto request = client.keeper().cutRequest();
  auto joined = link[0];
  for (size_t i = 1; i < link.size(); ++i) joined += " " + link[i];
  request.setLink(ptr(joined));
  request.setUp(up);
  auto answer = client.wait(request.send());
  return tellOutcome(name, answer.getOutcome(), options);
}

int graph(const std::string& name, bool asMermaid, Picture picture) {
  if (!isRoot()) return NO_AUTHORITY;
  Client client(name);
  if (!client.find()) return nobody(name);
  auto state = client.wait(client.keeper().stateRequest().send());
  auto answer = client.wait(client.keeper().specRequest().send());
  Live live;
  for (auto node : state.getState().getNodes()) live.nodes[text(node.getName())] = text(node.getActual());
  for (auto link : state.getState().getLinks())
    if (!link.getUp()) live.cut.insert(text(link.getName()));
  for (auto& slice : read(answer.getSpec()).result.slices)
    if (slice.name == name) return draw(asMermaid ? mermaid(slice, &live) : dot(slice, &live), picture);
  return REFUSED;
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
  if (!isRoot()) return NO_AUTHORITY;
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
