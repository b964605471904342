// Making, changing and removing slices. Showing them is in show.cc; what is done inside nodes is in inside.cc.

#include <slice/agent.h>
#include <slice/client.h>
#include <slice/graph.h>
#include <slice/json.h>
#include <slice/live.h>
#include <slice/neighbors.h>
#include <slice/part.h>
#include <slice/rights.h>
#include <slice/text.h>

#include <kj/debug.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace xylem::slice {

int nobody(const std::string& name) {
  fprintf(stderr, "xylem slice: there is no slice \"%s\" here; `xylem slice show` lists those that there are\n",
          name.c_str());
  return REFUSED;
}

namespace {

int tellOutcome(const std::string& name, wire::Keeper::Outcome::Reader outcome, Options options) {
  if (options.json)
    printJson(outcome);
  else if (outcome.getText().size() > 0)
    fprintf(stderr, "xylem slice: %s: %s\n", name.c_str(), outcome.getText().cStr());
  return outcome.getCode();
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

int tryApply(wire::Spec::Reader spec, Options options) {
  auto name = text(spec.getName());
  Client client(name);
  if (!client.findOrStart()) {
    fprintf(stderr, "xylem slice: %s: another command is at work on this slice, and does not end\n", name.c_str());
    return REFUSED;
  }
  auto request = client.keeper().applyRequest();
  request.setSpec(spec);
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
    auto outcome = awaitSettled(name) ? "it is as it was before" : "its keeper still takes back what was done";
    fprintf(stderr, "xylem slice: %s: interrupted; %s\n", name.c_str(), outcome);
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
  auto code = tellOutcome(name, response.getOutcome(), {});
  if (code != DONE || options.json || options.quiet) return code;
  auto state = client.wait(client.keeper().stateRequest().send());
  printf("%s is up: %u nodes, %u links\n", name.c_str(), state.getState().getNodes().size(),
         state.getState().getLinks().size());
  return code;
}

int applyOne(wire::Spec::Reader spec, Options options) {
  if (auto why = isRootless() && agent() == nullptr ? whyNoUserNamespace() : ""; !why.empty()) {
    fprintf(stderr, "xylem slice: %s\n", why.c_str());
    return NO_AUTHORITY;
  }
  // A keeper that was about to end, or died, leaves room for another one.
  for (int tries = 3;; --tries) {
    int status = FAILED;
    auto fault = kj::runCatchingExceptions([&]() { status = tryApply(spec, options); });
    KJ_IF_MAYBE (problem, fault) {
      if (tries == 0 || problem->getType() != kj::Exception::Type::DISCONNECTED)
        kj::throwFatalException(kj::mv(*problem));
    } else {
      return status;
    }
  }
}

}  // namespace

namespace {

std::vector<std::string> nodesOf(wire::Spec::Reader spec) {
  std::vector<std::string> out;
  for (auto each : spec.getNodes()) out.push_back(text(each));
  return out;
}

Slice running(const std::string& name) {
  // By its file; no name if there is none.
  Client client(name);
  if (!client.find()) return {};
  auto answer = client.wait(client.keeper().specRequest().send());
  for (auto& each : read(answer.getSpec()).result.slices)
    if (each.name == name) return part(each, partNodes(each, nodesOf(answer.getSpec()), {}));
  return {};
}

bool areThere(const Document& document, const std::vector<std::string>& nodes) {
  for (auto& name : nodes)
    for (auto& slice : document.result.slices)
      if (slice.node(name) == nullptr) {
        fprintf(stderr, "xylem slice: there is no node \"%s\" in %s\n", name.c_str(), slice.name.c_str());
        return false;
      }
  return true;
}

bool areWithinRights(const Document& document) {
  bool all = true;
  for (auto& slice : document.result.slices) {
    if (!isRootless() || agent() != nullptr) continue;
    for (auto& each : beyondRights(slice)) {
      fprintf(stderr, "xylem slice: %s: %s\n", slice.name.c_str(), each.c_str());
      all = false;
    }
  }
  return all;
}

}  // namespace

int create(const std::string& file, const std::vector<std::string>& nodes, Options options) {
  KJ_IF_MAYBE (document, loadHereOrTell(file, options)) {
    if (!areThere(*document, nodes) || !areWithinRights(*document)) return REFUSED;
    int worst = DONE;
    for (auto& slice : document->result.slices) {
      capnp::MallocMessageBuilder message;
      auto spec = message.initRoot<wire::Spec>();
      write(*document, slice.name, spec);
      auto list = spec.initNodes(uint(nodes.size()));
      for (auto i : kj::indices(list)) list.set(i, ptr(nodes[i]));
      if (auto why = whyTooMany(neighborsOf(slice)); !why.empty())
        fprintf(stderr, "xylem slice: %s: warning: %s\n", slice.name.c_str(), why.c_str());
      worst = std::max(worst, applyOne(spec, options));
    }
    return worst;
  }
  return REFUSED;
}

int planVerb(const std::string& file, const std::vector<std::string>& nodes, Options options) {
  KJ_IF_MAYBE (document, loadHereOrTell(file, options)) {
    if (!areThere(*document, nodes)) return REFUSED;
    for (auto& slice : document->result.slices) {
      auto before = running(slice.name);
      auto wanted = part(slice, partNodes(slice, nodes, before));
      printSteps(plan(before.name.empty() ? nullptr : &before, wanted), options);
    }
    return DONE;
  }
  return REFUSED;
}

namespace {

int makeAgain(const std::string& name, Options options) {
  // Of what is stored of one whose keeper has died.
  Client client(name);
  KJ_IF_MAYBE (line, client.stored()) {
    capnp::MallocMessageBuilder message;
    auto spec = message.initRoot<wire::Spec>();
    if (parseJson(ptr(*line), spec)) return applyOne(spec, options);
  }
  return nobody(name);
}

}  // namespace

int destroy(const std::string& name, Options options) {
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
  client.removeRest();
  if (!options.quiet && !options.json) printf("%s is gone\n", name.c_str());
  return DONE;
}

namespace {

void collectByAgent(Options options) {
  for (auto& name : slicesHere()) {
    Client client(name);
    if (client.find()) continue;
    client.removeRest();
    if (!options.quiet) printf("%s: removed what nobody keeps\n", name.c_str());
  }
}

}  // namespace

int gc(Options options) {
  if (agent() != nullptr) {
    collectByAgent(options);
    return DONE;
  }
  for (auto& name : slicesHere()) {
    Client client(name);
    if (!client.isAbandoned()) continue;
    auto found = collect(placeOf(name));
    if (!options.quiet && found.any())
      printf("%s: removed %u namespaces, %u mounts, %u control groups, %u folders that nobody keeps\n", name.c_str(),
             found.namespaces, found.mounts, found.groups, found.folders);
  }
  return DONE;
}

int renew(const std::string& name, const std::string& time, Options options) {
  Client client(name);
  if (!client.find()) return nobody(name);
  auto request = client.keeper().renewRequest();
  request.setTime(ptr(time));
  auto answer = client.wait(request.send());
  auto code = tellOutcome(name, answer.getOutcome(), options);
  auto ends = time_t(answer.getEnds());
  char clock[32];
  tm local;
  strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S", localtime_r(&ends, &local));
  if (code == DONE && !options.json) printf("the lease of %s is over at %s\n", name.c_str(), clock);
  return code;
}

int control(const std::string& name, const std::string& verb, const std::vector<std::string>& nodes, Options options) {
  Client client(name);
  if (!client.find()) return verb == "start" && nodes.empty() ? makeAgain(name, options) : nobody(name);
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

}  // namespace xylem::slice
