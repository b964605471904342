// Any text, read as a configuration: nothing may crash, whatever was read prints as text that reads as the same, and
// what has no error compiles to messages that print as text that compiles to the same.

#include <config/check.h>
#include <config/complete.h>
#include <config/diff.h>
#include <config/edit.h>
#include <config/print.h>
#include <config/testing.h>

using namespace xylem::config;

namespace {

void readsAsItself(const Tree& tree) {
  auto again = parseBraces(printBraces(tree.root()));
  KJ_ASSERT(again.problems.size() == 0, again.problems[0]);
  KJ_ASSERT(again.tree.root() == tree.root());
}

void compilesToItself(const Grammar& grammar, const Tree& tree) {
  auto checked = check(grammar, tree);
  if (checked.errors.size() > 0) return;
  Tree printed;
  for (auto& message : checked.messages) print(grammar, *message.daemon, message.config, false, printed);
  auto again = check(grammar, printed);
  KJ_ASSERT(again.errors.size() == 0, again.errors[0]);
  for (auto i : kj::indices(checked.messages)) {
    auto& daemon = *checked.messages[i].daemon;
    for (auto& other : again.messages) {
      if (other.daemon == &daemon) KJ_ASSERT(same(daemon, checked.messages[i].config, other.config), daemon.name);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto& grammar = testing::everything();
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  Tree tree;
  if (isSet(text)) {
    auto edits = parseSet(text);
    carryOut(grammar, tree, edits.edits);
  } else {
    auto parsed = parseBraces(text);
    tree = kj::mv(parsed.tree);
  }
  readsAsItself(tree);
  compilesToItself(grammar, tree);
  auto usual = tree.clone();
  normalise(grammar, usual);
  readsAsItself(usual);
  compilesToItself(grammar, usual);
  compare(tree, usual);
  mask(grammar, tree);

  auto line = splitLine(text);
  auto words = KJ_MAP(word, line.words)->kj::StringPtr { return word.text; };
  complete(grammar, tree, words, "");
  complete(grammar, tree, words, "e", Among::EXISTING);
  return 0;
}
