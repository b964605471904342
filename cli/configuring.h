#pragma once
// Configuration mode: the commands of cli/configurational.capnp on one candidate.

#include <cli/call.h>
#include <cli/candidate.h>
#include <cli/manager.h>

namespace xylem::cli {

class Configuring {
 public:
  Configuring(const config::Grammar& grammar, Manager& manager, Standing standing);
  KJ_DISALLOW_COPY(Configuring);

  xrl::Task<bool> act(Call& call);
  // Carries out a command, by the name of its method. False if it failed, which the screen has been told.

  config::Completion complete(kj::StringPtr method, config::Path rest, kj::StringPtr partial) const;
  // What may follow a command that takes the rest of the line.
  kj::Maybe<config::WrongWord> wrong(kj::StringPtr method, config::Path rest) const;
  // Why nothing may.

  Candidate candidate;
  kj::Vector<kj::String> path;
  // Where `edit` has gone.
  bool over = false;
  // `exit` has left this mode.

 private:
  using Act = xrl::Task<bool> (Configuring::*)(Call&);
  static Act actOf(kj::StringPtr method);

  kj::Array<kj::StringPtr> whole(config::Path rest) const;

  xrl::Task<bool> set(Call& call);
  xrl::Task<bool> remove(Call& call);
  xrl::Task<bool> edit(Call& call);
  xrl::Task<bool> up(Call& call);
  xrl::Task<bool> top(Call& call);
  xrl::Task<bool> show(Call& call);
  xrl::Task<bool> compare(Call& call);
  xrl::Task<bool> commit(Call& call);
  xrl::Task<bool> commitCheck(Call& call);
  xrl::Task<bool> commitConfirmed(Call& call);
  xrl::Task<bool> confirm(Call& call);
  xrl::Task<bool> rollback(Call& call);
  xrl::Task<bool> load(Call& call);
  xrl::Task<bool> save(Call& call);
  xrl::Task<bool> discard(Call& call);
  xrl::Task<bool> exit(Call& call);

  xrl::Task<bool> commitFor(Call& call, uint32_t seconds);
  bool rebased(Call& call, const Standing& standing);

  const config::Grammar& grammar;
  Manager& manager;
  bool unconfirmed = false;
  // This session has committed something for a while.
};

}  // namespace xylem::cli
