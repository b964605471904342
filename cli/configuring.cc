// The candidate is rebuilt from the configuration in force when this mode begins, and lives as long as the mode. When
// somebody else has committed meanwhile, nothing is overwritten: the edits of this session are made again on what is in
// force now, and the operator looks before committing.

#include <cli/configuring.h>

#include <cli/view.h>
#include <config/complete.h>
#include <config/walk.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <net/near.h>

namespace xylem::cli {

using config::Path;
using config::Walk;
using config::WrongWord;
using xrl::Task;

Configuring::Configuring(const config::Grammar& grammar, Manager& manager, Standing standing)
    : candidate(grammar, standing.text, standing.generation), grammar(grammar), manager(manager) {}

Configuring::Act Configuring::actOf(kj::StringPtr method) {
  struct Known {
    kj::StringPtr method;
    Act act;
  };
  static const Known all[] = {
      {"set", &Configuring::set},
      {"delete", &Configuring::remove},
      {"edit", &Configuring::edit},
      {"up", &Configuring::up},
      {"top", &Configuring::top},
      {"show", &Configuring::show},
      {"compare", &Configuring::compare},
      {"commit", &Configuring::commit},
      {"commitCheck", &Configuring::commitCheck},
      {"commitConfirmed", &Configuring::commitConfirmed},
      {"confirm", &Configuring::confirm},
      {"rollback", &Configuring::rollback},
      {"load", &Configuring::load},
      {"loadMerge", &Configuring::load},
      {"loadOverride", &Configuring::load},
      {"loadSet", &Configuring::load},
      {"save", &Configuring::save},
      {"discard", &Configuring::discard},
      {"exit", &Configuring::exit},
      {"quit", &Configuring::exit},
  };
  for (auto& each : all)
    if (each.method == method) return each.act;
  KJ_FAIL_ASSERT("no such command", method);
}

Task<bool> Configuring::act(Call& call) {
  auto act = actOf(KJ_ASSERT_NONNULL(call.command.method).getProto().getName());
  return (this->*act)(call);
}

kj::Array<kj::StringPtr> Configuring::whole(Path rest) const {
  kj::Vector<kj::StringPtr> all;
  for (auto& word : path) all.add(word);
  all.addAll(rest);
  return all.releaseAsArray();
}

config::Completion Configuring::complete(kj::StringPtr method, Path rest, kj::StringPtr partial) const {
  auto among = method == "set"    ? config::Among::ALL
               : method == "edit" ? config::Among::BLOCKS
                                  : config::Among::EXISTING;
  auto out = config::complete(grammar, candidate.tree(), whole(rest), partial, among);
  if (rest.size() == 0 && method != "show") out.mayEnd = false;
  return out;
}

kj::Maybe<WrongWord> Configuring::wrong(kj::StringPtr method, Path rest) const {
  auto resolved = config::resolve(grammar, whole(rest));
  if (!resolved.is<WrongWord>()) return nullptr;
  auto wrong = kj::mv(resolved.get<WrongWord>());
  wrong.index -= kj::min(wrong.index, path.size());
  return kj::mv(wrong);
}

Task<bool> Configuring::set(Call& call) {
  if (call.rest.size() == 0) co_return call.lacks("a statement");
  KJ_IF_MAYBE (wrong, candidate.set(whole(call.rest))) co_return call.refuse(*wrong, path.size());
  co_return true;
}

Task<bool> Configuring::remove(Call& call) {
  if (call.rest.size() == 0) co_return call.lacks("a statement");
  KJ_IF_MAYBE (wrong, candidate.remove(whole(call.rest))) co_return call.refuse(*wrong, path.size());
  co_return true;
}

Task<bool> Configuring::edit(Call& call) {
  if (call.rest.size() == 0) co_return call.lacks("a block");
  auto resolved = config::resolve(grammar, whole(call.rest));
  if (resolved.is<WrongWord>()) co_return call.refuse(resolved.get<WrongWord>(), path.size());
  auto& words = resolved.get<kj::Array<kj::String>>();
  Walk walk(grammar);
  for (auto i : kj::indices(words))
    KJ_IF_MAYBE (text, walk.step(words[i])) co_return call.refuse(WrongWord{uint(i), kj::mv(*text)}, path.size());
  if (walk.next == Walk::KEY) co_return call.lacks(kj::str("the name of an entry after \"", words.back(), '"'));
  if (walk.next != Walk::STATEMENT)
    co_return call.refuse(WrongWord{uint(words.size() - 1), kj::str(config::quoted(words.back()), " is no block")},
                          path.size());
  path.clear();
  for (auto& word : words) path.add(kj::mv(word));
  co_return true;
}

Task<bool> Configuring::up(Call& call) {
  // Blocks are what `edit` could have gone to.
  for (auto levels = call.number("levels"); levels > 0 && path.size() > 0; --levels) {
    Walk walk(grammar);
    size_t last = 0;
    for (auto i : kj::indices(path)) {
      if (walk.next == Walk::STATEMENT) last = i;
      KJ_ASSERT(walk.step(path[i]) == nullptr);
    }
    path.truncate(last);
  }
  co_return true;
}

Task<bool> Configuring::top(Call& call) {
  path.clear();
  co_return true;
}

Task<bool> Configuring::show(Call& call) {
  auto words = whole(call.rest);
  kj::Maybe<kj::Array<kj::String>> full;
  if (call.rest.size() > 0) {
    auto found = existing(grammar, candidate.tree(), words);
    if (found.is<WrongWord>()) co_return call.refuse(found.get<WrongWord>(), path.size());
    full = kj::mv(found.get<kj::Array<kj::String>>());
    KJ_IF_MAYBE (all, full) words = pointers(*all);
  }
  auto form = call.out.format.json ? Form::JSON : call.out.set ? Form::SET : Form::BRACES;
  auto text = view(grammar, candidate.tree(), words, form);
  co_await call.out.write(kj::mv(text));
  co_return true;
}

Task<bool> Configuring::compare(Call& call) {
  auto number = call.number("rollback");
  kj::String text;
  if (number == 0) {
    text = candidate.changes();
  } else {
    auto earlier = co_await manager.rollback(number);
    text = candidate.changesSince(earlier);
  }
  co_await call.out.write(kj::mv(text));
  co_return true;
}

Task<bool> Configuring::commit(Call& call) { return commitFor(call, 0); }

Task<bool> Configuring::commitConfirmed(Call& call) {
  auto seconds = call.number("seconds");
  if (seconds == 0) co_return call.refuse("expected at least 1 second");
  bool done = co_await commitFor(call, seconds);
  co_return kj::mv(done);
}

bool Configuring::rebased(Call& call, const Standing& standing) {
  if (standing.generation == candidate.generation()) return false;
  auto lost = candidate.rebase(standing.text, standing.generation);
  unconfirmed = false;
  kj::Vector<kj::String> lines;
  lines.add(kj::str("another configuration has come into force since this one was begun"));
  if (!candidate.changed()) lines.add(kj::str("nothing of yours is left to commit"));
  for (auto& each : lost) lines.add(kj::str("no longer possible: ", each));
  if (candidate.changed()) {
    lines.add(kj::str("your changes stand on top of it now: look at \"compare\", then \"commit\" again"));
  }
  call.refuse(kj::strArray(lines, "\n"));
  return true;
}

Task<bool> Configuring::commitFor(Call& call, uint32_t seconds) {
  auto standing = co_await manager.running();
  if (rebased(call, standing)) co_return false;
  if (!candidate.changed()) {
    if (!unconfirmed || seconds > 0) {
      auto text = kj::str("nothing to commit\n");
      co_await call.out.write(kj::mv(text));
      co_return true;
    }
    auto confirmed = confirm(call);
    co_await kj::mv(confirmed);
    co_return true;
  }
  auto text = candidate.text();
  auto comment = kj::str(call.text("comment"));
  auto base = candidate.generation();
  auto verdict = co_await manager.commit(kj::mv(text), base, kj::mv(comment), seconds);
  if (verdict.problems.size() > 0) {
    verdict.problems.add(kj::str("nothing was committed; the candidate is as it was"));
    co_return call.refuse(kj::strArray(verdict.problems, "\n"));
  }
  unconfirmed = seconds > 0;
  candidate.committed(verdict.generation, unconfirmed);
  auto said = kj::str("committed\n");
  if (unconfirmed) {
    said = kj::str("committed for ", seconds, " seconds: \"confirm\" keeps it, otherwise the previous configuration ",
                   "returns\n");
  }
  co_await call.out.write(kj::mv(said));
  co_return true;
}

Task<bool> Configuring::commitCheck(Call& call) {
  auto text = candidate.text();
  auto verdict = co_await manager.check(kj::mv(text));
  if (verdict.problems.size() > 0) co_return call.refuse(kj::strArray(verdict.problems, "\n"));
  auto said = kj::str("the candidate is good\n");
  co_await call.out.write(kj::mv(said));
  co_return true;
}

Task<bool> Configuring::confirm(Call& call) {
  auto confirmed = manager.confirm();
  co_await kj::mv(confirmed);
  if (unconfirmed) candidate.committed(candidate.generation(), false);
  unconfirmed = false;
  auto said = kj::str("confirmed\n");
  co_await call.out.write(kj::mv(said));
  co_return true;
}

Task<bool> Configuring::rollback(Call& call) {
  auto number = call.number("number");
  auto text = co_await manager.rollback(number);
  candidate.load(text, Candidate::Load::REPLACE);
  co_return true;
}

Task<bool> Configuring::load(Call& call) {
  auto file = call.text("file");
  if (file.size() == 0) co_return call.lacks("the name of a file");
  kj::StringPtr method = KJ_ASSERT_NONNULL(call.command.method).getProto().getName();
  auto load = method == "loadMerge"      ? Candidate::Load::MERGE
              : method == "loadOverride" ? Candidate::Load::REPLACE
              : method == "loadSet"      ? Candidate::Load::SET_ONLY
                                         : Candidate::Load::BY_FORM;
  auto problems = candidate.load(readFile(file), load);
  if (problems.size() == 0) co_return true;
  auto lines = KJ_MAP(each, problems) { return kj::str(file, ':', each); };
  co_return call.refuse(kj::str(kj::strArray(lines, "\n"), "\nthe candidate is as it was"));
}

Task<bool> Configuring::save(Call& call) {
  auto file = call.text("file");
  if (file.size() == 0) co_return call.lacks("the name of a file");
  int fd;
  KJ_SYSCALL(fd = open(file.cStr(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640), file);
  kj::AutoCloseFd out(fd);
  auto text = candidate.text();
  kj::FdOutputStream(out.get()).write(text.begin(), text.size());
  co_return true;
}

Task<bool> Configuring::discard(Call& call) {
  auto standing = co_await manager.running();
  candidate.begin(standing.text, standing.generation);
  co_return true;
}

Task<bool> Configuring::exit(Call& call) {
  if (path.size() > 0) {
    path.clear();
    co_return true;
  }
  if (candidate.changed()) {
    co_return call.refuse("there are changes: \"commit\" puts them in force, \"discard\" drops them");
  }
  over = true;
  co_return true;
}

}  // namespace xylem::cli
