// What the schema cannot know: names that have to be those of something, addresses, the shape of the whole. One slice
// is read at a time, in an order that lets later things refer to earlier ones: nodes, links, LANs, addresses, then what
// runs in the nodes, then events.

#include <config/edit.h>
#include <slice/file.capnp.h>
#include <slice/prepare.h>
#include <slice/read.h>
#include <slice/reader.h>
#include <slice/text.h>

#include <algorithm>

extern "C" const kj::byte xylemSliceFileStart[], xylemSliceFileEnd[];

namespace xylem::slice {

const config::Grammar& fileGrammar() {
  static const config::Grammar* grammar = [] {
    auto made = new config::Grammar;
    KJ_IF_MAYBE (problem, made->add("slice", kj::heapArray<kj::byte>(xylemSliceFileStart, xylemSliceFileEnd)))
      KJ_FAIL_ASSERT("the schema of slice files is wrong", *problem);
    return made;
  }();
  return *grammar;
}

namespace {

void sort(kj::Vector<config::Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](auto& a, auto& b) {
    return a.place.line != b.place.line ? a.place.line < b.place.line : a.place.column < b.place.column;
  });
}

void take(kj::Vector<config::Problem>& from, kj::Vector<config::Problem>& to) {
  for (auto& each : from) to.add(kj::mv(each));
}

}  // namespace

Result read(kj::StringPtr text, OpenFile& open) {
  Result result;
  auto loaded = config::load(fileGrammar(), text);
  take(loaded.problems, result.problems);
  auto prepared = prepare(loaded.tree);
  take(prepared.problems, result.problems);
  auto checked = config::check(fileGrammar(), prepared.tree);
  take(checked.errors, result.problems);
  if (checked.messages.empty() && result.problems.empty())
    result.problems.add(
        config::Problem{{1, 1}, kj::String(), kj::str("there is no slice here; expected: slice NAME { ... }")});
  if (result.problems.empty())
    for (auto slice : checked.messages[0].message->getRoot<wire::File>().asReader().getSlice())
      Reader(slice, prepared, open, result).run();
  sort(result.problems);
  return result;
}

}  // namespace xylem::slice
