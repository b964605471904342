// Each edit is kept as it was made, with its words in full, so that all of them can be made again on another base: that
// is how two operators who edit at the same time both get what they wrote.

#include <cli/candidate.h>

#include <cli/view.h>
#include <config/complete.h>
#include <config/diff.h>

namespace xylem::cli {

using config::Path;
using config::Problem;
using config::Tree;
using config::WrongWord;

namespace {

struct Read {
  Tree tree;
  kj::Vector<Problem> problems;
};

Read read(const config::Grammar& grammar, kj::StringPtr text) {
  Read out;
  if (config::isSet(text)) {
    auto parsed = config::parseSet(text);
    out.problems = kj::mv(parsed.problems);
    for (auto& each : config::carryOut(grammar, out.tree, parsed.edits)) out.problems.add(kj::mv(each));
  } else {
    auto parsed = config::parseBraces(text);
    out.problems = kj::mv(parsed.problems);
    out.tree = kj::mv(parsed.tree);
  }
  config::normalise(grammar, out.tree);
  return out;
}

}  // namespace

Candidate::Candidate(const config::Grammar& grammar, kj::StringPtr running, uint64_t generation) : grammar(grammar) {
  begin(running, generation);
}

void Candidate::begin(kj::StringPtr running, uint64_t generation) {
  base = parsed(running);
  now = base.clone();
  basedOn = generation;
  edits.clear();
}

Tree Candidate::parsed(kj::StringPtr text) const {
  auto all = read(grammar, text);
  return kj::mv(all.tree);
}

kj::String Candidate::changes() const { return config::compare(base, now); }

kj::String Candidate::changesSince(kj::StringPtr text) const { return config::compare(parsed(text), now); }

kj::Maybe<WrongWord> Candidate::set(Path words) {
  auto resolved = config::resolve(grammar, words);
  if (resolved.is<WrongWord>()) return kj::mv(resolved.get<WrongWord>());
  Edit edit{Edit::SET, kj::mv(resolved.get<kj::Array<kj::String>>()), kj::String()};
  KJ_IF_MAYBE (wrong, carryOut(edit)) return kj::mv(*wrong);
  edits.add(kj::mv(edit));
  return nullptr;
}

kj::Maybe<WrongWord> Candidate::remove(Path words) {
  auto found = existing(grammar, now, words);
  if (found.is<WrongWord>()) return kj::mv(found.get<WrongWord>());
  Edit edit{Edit::REMOVE, kj::mv(found.get<kj::Array<kj::String>>()), kj::String()};
  KJ_IF_MAYBE (wrong, carryOut(edit)) return kj::mv(*wrong);
  edits.add(kj::mv(edit));
  return nullptr;
}

kj::Maybe<WrongWord> Candidate::carryOut(const Edit& edit) {
  switch (edit.kind) {
    case Edit::SET:
      return config::set(grammar, now, pointers(edit.words));
    case Edit::REMOVE:
      return config::remove(grammar, now, pointers(edit.words));
    case Edit::MERGE:
      config::merge(grammar, now, parsed(edit.text));
      return nullptr;
    case Edit::REPLACE:
      now = parsed(edit.text);
      return nullptr;
  }
  KJ_UNREACHABLE;
}

kj::Vector<Problem> Candidate::load(kj::StringPtr text, Load load) {
  bool lines = config::isSet(text);
  if (load == Load::SET_ONLY || (lines && load != Load::REPLACE)) return carryOutLines(text);
  auto all = read(grammar, text);
  if (all.problems.size() > 0) return kj::mv(all.problems);
  Edit edit{load == Load::MERGE ? Edit::MERGE : Edit::REPLACE, nullptr, kj::str(text)};
  carryOut(edit);
  edits.add(kj::mv(edit));
  return {};
}

kj::Vector<Problem> Candidate::carryOutLines(kj::StringPtr text) {
  auto parsed = config::parseSet(text);
  if (parsed.problems.size() > 0) return kj::mv(parsed.problems);
  auto tried = now.clone();
  auto problems = config::carryOut(grammar, tried, parsed.edits);
  if (problems.size() > 0) return problems;
  now = kj::mv(tried);
  for (auto& each : parsed.edits) {
    auto words = KJ_MAP(word, each.words) { return kj::mv(word.text); };
    edits.add(Edit{each.remove ? Edit::REMOVE : Edit::SET, kj::mv(words), kj::String()});
  }
  return {};
}

void Candidate::committed(uint64_t generation, bool forAWhile) {
  base = now.clone();
  basedOn = generation;
  if (!forAWhile) edits.clear();
}

kj::Vector<kj::String> Candidate::rebase(kj::StringPtr running, uint64_t generation) {
  base = parsed(running);
  now = base.clone();
  basedOn = generation;
  kj::Vector<kj::String> lost;
  for (auto& edit : edits) {
    KJ_IF_MAYBE (wrong, carryOut(edit)) {
      if (edit.kind == Edit::REMOVE) continue;  // It is gone all the same.
      auto words = KJ_MAP(word, edit.words) { return config::quote(word); };
      lost.add(kj::str("set ", kj::strArray(words, " "), ": ", wrong->text));
    }
  }
  return lost;
}

}  // namespace xylem::cli
