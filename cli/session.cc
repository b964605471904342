// A line goes through the same steps in both modes: pipes are split off, the command is looked up among those of the
// mode, abbreviations and all, and is carried out by whoever it belongs to: the CLI itself, or a daemon (ask.h).
// Everything that can be wrong with a line is said with the place of the word.

#include <cli/session.h>

#include <cli/help.h>
#include <cli/view.h>
#include <config/complete.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <net/near.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/fault.h>
#include <xrl/log.h>

extern "C" const kj::byte xylemOperationalStart[], xylemOperationalEnd[], xylemConfigurationalStart[],
    xylemConfigurationalEnd[];

namespace xylem::cli {

using config::Path;
using config::WrongWord;
using xrl::Task;

namespace {

constexpr kj::StringPtr SELF = "cli"_kj;
// Whose commands the CLI's own are.

config::Tree parsed(const config::Grammar& grammar, kj::StringPtr text) {
  config::Tree tree;
  if (config::isSet(text))
    config::carryOut(grammar, tree, config::parseSet(text).edits);
  else
    tree = config::parseBraces(text).tree;
  config::normalise(grammar, tree);
  return tree;
}

kj::StringPtr methodOf(const Command& command) { return KJ_ASSERT_NONNULL(command.method).getProto().getName(); }

kj::Maybe<capnp::InterfaceSchema::Method> sibling(const Command& command, kj::StringPtr name) {
  // The method of this name beside that of the command.
  KJ_IF_MAYBE (method, command.method) return method->getContainingInterface().findMethodByName(name);
  return nullptr;
}

kj::Maybe<kj::StringPtr> misplaced(const Typed& typed, const Command& command) {
  // A pipe that the command cannot serve.
  bool own = command.daemon == SELF;
  bool configuration = own && (methodOf(command) == "show" || methodOf(command) == "showConfiguration");
  if (typed.piped.has(Pipe::DISPLAY_SET) && !configuration) return "\"display set\" is for configurations"_kj;
  if (typed.piped.has(Pipe::JSON) && own && !configuration) return "this command has no JSON form"_kj;
  if (typed.piped.has(Pipe::SVG) && (own || sibling(command, "dot") == nullptr))
    return "this is no graph that could be drawn"_kj;
  if (typed.piped.has(Pipe::SVG) && typed.piped.has(Pipe::JSON)) return "a picture has no JSON form"_kj;
  if (typed.piped.has(Pipe::DETAIL) && own) return "this command has no more detail"_kj;
  return nullptr;
}

bool leaves(const Command& command) {
  auto method = methodOf(command);
  return method == "configure" || method == "exit" || method == "quit";
}

void option(kj::Vector<kj::String>& words, kj::StringPtr letter, kj::String value) {
  words.add(kj::str(letter));
  words.add(kj::mv(value));
}

}  // namespace

Session::Session(xrl::Process& process, Screen& screen, kj::String user, kj::String router)
    : process(process), screen(screen), user(kj::mv(user)), router(kj::mv(router)), manager(process) {
  operational.add(SELF, kj::heapArray<kj::byte>(xylemOperationalStart, xylemOperationalEnd));
  configurational.add(SELF, kj::heapArray<kj::byte>(xylemConfigurationalStart, xylemConfigurationalEnd));
}

Session::~Session() noexcept(false) {}

kj::Promise<void> Session::begin() { return beginNow(); }

Task<void> Session::beginNow() {
  auto answer = co_await manager.schemas();
  for (auto each : answer.getSchemas()) {
    KJ_IF_MAYBE (problem, grammar.add(each.getName(), kj::heapArray<const kj::byte>(each.getSchema())))
      xrl::log::warn("schema is unusable", "daemon", each.getName(), "reason", *problem);
    KJ_IF_MAYBE (problem, operational.add(each.getName(), kj::heapArray<const kj::byte>(each.getSchema())))
      xrl::log::warn("commands are unusable", "daemon", each.getName(), "reason", *problem);
  }
  auto standing = co_await manager.running();
  running = parsed(grammar, standing.text);
}

const Commands& Session::commands() const { return configuring == nullptr ? operational : configurational; }

kj::Promise<bool> Session::run(kj::StringPtr line) {
  auto text = kj::str(line);
  kj::Promise<bool> running = runNow(kj::mv(text));
  return running.catch_([this, line = kj::str(line)](kj::Exception&& fault) {
    auto lost = fault.getType() == kj::Exception::Type::DISCONNECTED;
    screen.complain(line, 0, lost ? kj::str("the connection is lost: whom this asked has ended") : xrl::explain(fault));
    return false;
  });
}

Task<bool> Session::runNow(kj::String line) {
  manager.hangUp();
  Typed typed(line);
  KJ_IF_MAYBE (problem, typed.piped.problem) {
    screen.complain(line, problem->place.column, problem->text);
    co_return false;
  }
  if (typed.piped.words.size() == 0 && typed.piped.pipes.size() == 0) co_return true;
  bool done = co_await dispatch(typed, 0, commands());
  KJ_IF_MAYBE (mode, configuring) {
    if ((*mode)->over) {
      running = (*mode)->candidate.inForce().clone();
      configuring = nullptr;
    }
  }
  co_return kj::mv(done);
}

Task<bool> Session::dispatch(const Typed& typed, uint from, const Commands& commands) {
  auto all = KJ_MAP(word, typed.piped.words)->kj::StringPtr { return word.text; };
  auto words = all.slice(from, all.size());
  auto result = understand(commands, words);
  if (result.is<WrongWord>()) {
    auto& wrong = result.get<WrongWord>();
    screen.complain(typed.text, typed.columnOf(from + wrong.index), wrong.text);
    co_return false;
  }
  auto& understood = result.get<Understood>();
  KJ_IF_MAYBE (text, misplaced(typed, understood.command)) {
    screen.complain(typed.text, KJ_ASSERT_NONNULL(firstBar(typed.text)) + 1, *text);
    co_return false;
  }
  bool own = understood.command.daemon == SELF;
  if (own && methodOf(understood.command) == "run") {
    bool done = co_await dispatch(typed, from + understood.rest, operational);
    co_return kj::mv(done);
  }
  if (own && from > 0 && leaves(understood.command)) {
    screen.complain(typed.text, 0, "this is configuration mode");
    co_return false;
  }
  Call call{typed,
            kj::mv(understood.command),
            from + understood.rest,
            kj::heapArray<kj::StringPtr>(words.slice(understood.rest, words.size())),
            screen,
            Outlet(screen, typed.piped.pipes)};
  bool done = true;
  if (own) {
    bool acted = co_await actOwn(call);
    done = acted;
  } else {
    if (call.command.role >= uint(xrl::Role::OPERATOR)) {
      bool may = co_await manager.mayEdit();
      if (!may) co_return call.refuse("only root and members of the group \"xylem\" may do this");
    }
    bool runs = co_await this->runs(call.command.daemon);
    if (!runs) co_return call.refuse(whyNot(call.command.daemon));
    Asker asker(process);
    auto command = kj::heap<Command>(kj::mv(call.command));
    // Whoever has a graph tells it in the language of Graphviz, too.
    if (call.out.draws) command->method = sibling(*command, "dot");
    co_await asker.ask(kj::mv(command), call.out.format, call.out.output());
    if (call.out.draws) done = co_await draw(call);
  }
  co_await call.out.end();
  co_return kj::mv(done);
}

Task<bool> Session::runs(kj::StringPtr daemon) {
  KJ_REQUIRE(process.isThere(), "the router does not run any more");
  auto finder = co_await process.finder();
  auto answer = co_await finder.targetsRequest().send();
  bool found = false;
  for (auto target : answer.getTargets()) found = found || target.getName() == daemon;
  co_return kj::mv(found);
}

kj::String Session::whyNot(kj::StringPtr name) const {
  for (auto& daemon : grammar.daemons())
    if (daemon->name == name && inForce().root().find(daemon->path) == nullptr)
      return kj::str(name, " does not run, for nothing of \"", kj::strArray(daemon->path, " "), "\" is configured");
  return kj::str(name, " does not run at present: see \"show rtrmgr\"");
}

kj::Maybe<Session::Act> Session::actOf(kj::StringPtr method) {
  if (method == "showConfiguration") return &Session::showConfiguration;
  if (method == "configure") return &Session::configure;
  if (method == "ping") return &Session::ping;
  if (method == "traceroute") return &Session::traceroute;
  if (method == "help") return &Session::help;
  if (method == "exit" || method == "quit") return &Session::exit;
  return nullptr;
}

Task<bool> Session::actOwn(Call& call) {
  auto method = methodOf(call.command);
  KJ_IF_MAYBE (mode, configuring)
    if (call.command.role > 0 && method != "help") return (*mode)->act(call);
  auto act = KJ_ASSERT_NONNULL(actOf(method), method);
  return (this->*act)(call);
}

Task<bool> Session::showConfiguration(Call& call) {
  auto standing = co_await manager.running();
  running = parsed(grammar, standing.text);
  auto found = existing(grammar, running, call.rest);
  if (found.is<WrongWord>()) co_return call.refuse(found.get<WrongWord>());
  auto path = pointers(found.get<kj::Array<kj::String>>());
  auto form = call.out.format.json ? Form::JSON : call.out.set ? Form::SET : Form::BRACES;
  auto text = view(grammar, running, path, form);
  co_await call.out.write(kj::mv(text));
  co_return true;
}

Task<bool> Session::configure(Call& call) {
  bool may = co_await manager.mayEdit();
  if (!may) {
    co_return call.refuse("only root and members of the group \"xylem\" may configure this router; you may look");
  }
  auto standing = co_await manager.running();
  configuring = kj::heap<Configuring>(grammar, manager, kj::mv(standing));
  co_return true;
}

Task<bool> Session::ping(Call& call) {
  kj::Vector<kj::String> words;
  words.add(kj::str("ping"));
  option(words, "-c", kj::str(call.number("count")));
  option(words, "-s", kj::str(call.number("size")));
  // Either is what the program calls an interface.
  if (call.text("interface").size() > 0) option(words, "-I", kj::str(call.text("interface")));
  if (call.text("source").size() > 0) option(words, "-I", kj::str(call.text("source")));
  if (call.number("ttl") > 0) option(words, "-t", kj::str(call.number("ttl")));
  return program(call, kj::mv(words));
}

Task<bool> Session::traceroute(Call& call) {
  kj::Vector<kj::String> words;
  words.add(kj::str("traceroute"));
  option(words, "-m", kj::str(call.number("hops")));
  if (call.text("interface").size() > 0) option(words, "-i", kj::str(call.text("interface")));
  if (call.text("source").size() > 0) option(words, "-s", kj::str(call.text("source")));
  return program(call, kj::mv(words));
}

Task<bool> Session::program(Call& call, kj::Vector<kj::String> words) {
  auto destination = call.text("destination");
  if (destination.size() == 0) co_return call.lacks("an address or a name");
  words.add(kj::str("--"));
  words.add(kj::str(destination));
  auto finder = co_await process.finder();
  auto answer = co_await finder.targetsRequest().send();
  kj::Maybe<kj::AutoCloseFd> network;
  for (auto target : answer.getTargets())
    if (target.getName() == "rtrmgr") network = networkOf(target.getPid());
  Program program(process.loop, words, kj::mv(network));
  foreground = program;
  KJ_DEFER(foreground = nullptr);
  auto output = call.out.output();
  int status = co_await program.finish(output);
  co_return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Task<bool> Session::draw(Call& call) {
  char path[] = "/tmp/xylem-graph-XXXXXX";
  int fd;
  KJ_SYSCALL(fd = mkostemp(path, O_CLOEXEC));
  KJ_DEFER(unlink(path));
  kj::FdOutputStream file{kj::AutoCloseFd(fd)};
  auto graph = call.out.takeGraph();
  file.write(graph.begin(), graph.size());
  kj::Vector<kj::String> words;
  for (auto word : {"dot", "-q", "-Tsvg", static_cast<const char*>(path)}) words.add(kj::str(word));
  Program program(process.loop, words, nullptr);
  foreground = program;
  KJ_DEFER(foreground = nullptr);
  auto output = call.out.output();
  int status = co_await program.finish(output);
  co_return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Task<bool> Session::help(Call& call) {
  auto all = commands().complete(nullptr, "");
  auto text = kj::str(HOW_TO, '\n', list(all));
  co_await call.out.write(kj::mv(text));
  co_return true;
}

Task<bool> Session::exit(Call& call) {
  over = true;
  co_return true;
}

bool Session::interrupt() {
  KJ_IF_MAYBE (program, foreground) return program->interrupt();
  return false;
}

bool Session::uncommitted() const {
  KJ_IF_MAYBE (mode, configuring) return (*mode)->candidate.changed();
  return false;
}

const config::Tree& Session::inForce() const {
  KJ_IF_MAYBE (mode, configuring) return (*mode)->candidate.inForce();
  return running;
}

kj::StringPtr Session::hostName() const {
  kj::StringPtr path[] = {"system", "host-name"};
  KJ_IF_MAYBE (node, inForce().root().find(kj::arrayPtr(path, kj::size(path))))
    if (node->size() > 0) return (*node->begin()).word();
  return router;
}

kj::String Session::prompt() const {
  KJ_IF_MAYBE (mode, configuring) {
    auto words = KJ_MAP(word, (*mode)->path) { return config::quote(word); };
    return kj::str("[edit", words.size() > 0 ? " " : "", kj::strArray(words, " "), "]\n", user, '@', hostName(), "# ");
  }
  return kj::str(user, '@', hostName(), "> ");
}

Offer Session::complete(kj::StringPtr line) const {
  auto bar = lastBar(line);
  auto begin = bar.map([](size_t at) { return at + 1; }).orDefault(0);
  auto split = config::splitLine(line.slice(begin));
  Offer out;
  if (split.unclosed) return out;
  auto all = KJ_MAP(word, split.words)->kj::StringPtr { return word.text; };
  bool open = split.open && all.size() > 0;
  auto words = all.slice(0, all.size() - open);
  kj::StringPtr partial = open ? all.back() : kj::StringPtr("");
  if (bar != nullptr) {
    out.completion = completePipe(words, partial);
  } else {
    out = offer(commands(), words, partial);
  }
  // As written, quotes included.
  if (open) out.partial = kj::str(line.slice(begin + split.words.back().place.column - 1));
  return out;
}

Offer Session::offer(const Commands& commands, Path words, kj::StringPtr partial) const {
  Offer out;
  auto understood = understand(commands, words);
  if (understood.is<Understood>() && takesRest(understood.get<Understood>().command))
    return offerRest(understood.get<Understood>(), words, partial);
  out.completion = commands.complete(words, partial);
  if (out.completion.candidates.size() == 0 && understood.is<WrongWord>()) {
    auto& wrong = understood.get<WrongWord>();
    if (wrong.index < words.size()) out.wrong = kj::mv(wrong.text);
  }
  return out;
}

Offer Session::offerRest(const Understood& understood, Path words, kj::StringPtr partial) const {
  auto method = methodOf(understood.command);
  auto rest = words.slice(understood.rest, words.size());
  if (method == "run") return offer(operational, rest, partial);
  Offer out;
  if (method == "showConfiguration") {
    out.completion = config::complete(grammar, inForce(), rest, partial, config::Among::EXISTING);
    auto resolved = config::resolve(grammar, rest);
    if (resolved.is<WrongWord>()) out.wrong = kj::mv(resolved.get<WrongWord>().text);
  } else {
    auto& mode = *KJ_ASSERT_NONNULL(configuring);
    out.completion = mode.complete(method, rest, partial);
    KJ_IF_MAYBE (wrong, mode.wrong(method, rest)) out.wrong = kj::mv(wrong->text);
  }
  return out;
}

}  // namespace xylem::cli
