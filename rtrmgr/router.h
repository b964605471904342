#pragma once
// The transaction: from a configuration's text to daemons that have become it, or to nothing changed.
//
// A commit checks everywhere before it changes anything, commits by rank, and if a daemon fails, commits the previous
// configuration again to those that had changed. Boot, change, rollback and the return from an unconfirmed commit are
// this one path.

#include <config/check.h>

#include <rtrmgr/module.h>
#include <xrl/installed.h>
#include <xrl/run.h>

#include <map>

namespace xylem::rtrmgr {

struct Problem {
  // What is wrong with a configuration; `daemon` is empty for the grammar's own findings.
  config::Place place;
  kj::String path, text, daemon;
};

class Router {
 public:
  Router(xrl::Process& process, kj::Vector<xrl::Installed> installed, const xrl::Arguments& arguments);
  // Each daemon gets the run directory, the lifeline and the log level of `arguments`.
  ~Router() noexcept(false);

  const config::Grammar& grammar() const { return statements; }
  const kj::Vector<xrl::Installed>& installed() const { return programs; }
  kj::StringPtr running() const { return text; }
  // The configuration in force, as it was written.
  uint64_t generation() const { return number; }
  // Counts commits; 0 before the first.

  kj::Promise<kj::Vector<Problem>> check(kj::StringPtr text);
  // All that is wrong, by the grammar or, if that finds nothing, by the daemons. Daemons that are not there are started
  // for it.

  kj::Promise<kj::Vector<Problem>> commit(kj::String text, uint64_t base = 0);
  // Without problems it is in force. Otherwise nothing has changed. One commit at a time; others wait. `base`, unless
  // 0, is the generation that has to be in force when its turn comes.

  kj::StringPtr replaced() const { return former; }
  // What was in force before the last commit.

  kj::Promise<void> stop();
  // End the router: the forwarding table first, so that what the protocols withdraw on their way is not removed route
  // by route; then the protocols, who say goodbye; then the forwarding engine with its addresses.

  std::map<kj::StringPtr, kj::Own<Module>>& modules() { return daemons; }
  kj::Maybe<Module&> module(kj::StringPtr name);

  kj::Function<void(Module&)> onStart = [](Module&) {};
  // A process of that module was started.

  Program program(kj::StringPtr name, bool privileged) const;
  // How to run an installed program.

  kj::Maybe<config::Message&> own();
  // The router manager's own part of the configuration in force.

 private:
  struct Plan;

  Plan plan(kj::StringPtr text);
  Module& moduleFor(const config::Grammar::Daemon& daemon);
  xrl::Task<kj::Vector<Problem>> checkNow(kj::String text);
  xrl::Task<kj::Vector<Problem>> commitNow(kj::String text, uint64_t base);
  kj::Promise<void> checkAll(Plan& plan);
  xrl::Task<void> commitAll(Plan& plan);
  kj::Promise<void> commitRank(Plan& plan, kj::ArrayPtr<size_t> members);
  xrl::Task<void> undo(Plan& plan);
  kj::Promise<void> stopUnneeded();
  kj::Promise<void> settleAll(uint64_t generation);

  xrl::Process& process;
  kj::Vector<xrl::Installed> programs;
  const xrl::Arguments& arguments;
  config::Grammar statements;
  std::map<kj::StringPtr, kj::Own<Module>> daemons;
  kj::Maybe<kj::Own<Told>> self;
  kj::String text, former;
  uint64_t number = 0;
  kj::ForkedPromise<void> busy;
  // Resolves when the last transaction that was asked for is over.
};

}  // namespace xylem::rtrmgr
