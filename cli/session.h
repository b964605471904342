#pragma once
// A conversation with a router: lines in, answers out. Knows no terminal; terminal.h and script.h give it one.
//
//     Session session(process, screen, "operator", "main");
//     session.begin().wait(scope);
//     bool done = session.run("show route | count").wait(scope);
//
// What may be typed comes from the schemas of the router's daemons, and for the CLI's own commands from
// operational.capnp and configurational.capnp.

#include <cli/configuring.h>
#include <cli/program.h>

namespace xylem::cli {

struct Offer {
  // What may come next on a line.
  config::Completion completion;
  kj::String partial;
  // The beginning of the word at hand, as the operator wrote it; it is the end of the line.
  kj::Maybe<kj::String> wrong;
  // Why nothing may come.
};

class Session {
 public:
  Session(xrl::Process& process, Screen& screen, kj::String user, kj::String router);
  // `user` and `router`: names for the prompt.
  ~Session() noexcept(false);
  KJ_DISALLOW_COPY(Session);

  kj::Promise<void> begin();
  // Ask the router for its language. Once, before all else.

  kj::Promise<bool> run(kj::StringPtr line);
  // Carry out one line. False if it failed; the screen has been told why. It may be dropped: the command then ends
  // where it is. One at a time.

  bool interrupt();
  // The terminal has interrupted what runs. True if that will end by itself, and has something to say before; otherwise
  // drop it.

  Offer complete(kj::StringPtr line) const;

  kj::String prompt() const;
  // One line, or in configuration mode two.

  bool ended() const { return over; }
  bool uncommitted() const;
  // There is a candidate with changes.

 private:
  using Act = xrl::Task<bool> (Session::*)(Call&);
  static kj::Maybe<Act> actOf(kj::StringPtr method);

  xrl::Task<void> beginNow();
  xrl::Task<bool> runNow(kj::String line);
  xrl::Task<bool> dispatch(const Typed& typed, uint from, const Commands& commands);
  xrl::Task<bool> runs(kj::StringPtr daemon);
  kj::String whyNot(kj::StringPtr daemon) const;
  xrl::Task<bool> actOwn(Call& call);
  xrl::Task<bool> showConfiguration(Call& call);
  xrl::Task<bool> configure(Call& call);
  xrl::Task<bool> ping(Call& call);
  xrl::Task<bool> traceroute(Call& call);
  xrl::Task<bool> program(Call& call, kj::Vector<kj::String> words);
  xrl::Task<bool> draw(Call& call);
  xrl::Task<bool> help(Call& call);
  xrl::Task<bool> exit(Call& call);

  const config::Tree& inForce() const;
  kj::StringPtr hostName() const;
  const Commands& commands() const;
  Offer offer(const Commands& commands, config::Path words, kj::StringPtr partial) const;
  Offer offerRest(const Understood& understood, config::Path words, kj::StringPtr partial) const;

  xrl::Process& process;
  Screen& screen;
  const kj::String user, router;
  Manager manager;
  config::Grammar grammar;
  Commands operational, configurational;
  config::Tree running;
  // As last seen: for completion, and the prompt.
  kj::Maybe<kj::Own<Configuring>> configuring;
  kj::Maybe<Program&> foreground;
  bool over = false;
};

}  // namespace xylem::cli
