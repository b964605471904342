// Where the bars stand is told by the same rule by which parsePipes splits: quotes and what they escape.

#include <cli/typed.h>

namespace xylem::cli {

namespace {

kj::Vector<size_t> bars(kj::StringPtr line) {
  kj::Vector<size_t> found;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\')
      ++i;
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == '|' && !quoted)
      found.add(i);
  }
  return found;
}

}  // namespace

uint Typed::columnOf(uint word) const {
  if (word < piped.words.size()) return piped.words[word].place.column;
  size_t end = firstBar(text).orDefault(text.size());
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  return end + 2;
}

kj::Maybe<size_t> firstBar(kj::StringPtr line) {
  auto all = bars(line);
  if (all.size() == 0) return nullptr;
  return all[0];
}

kj::Maybe<size_t> lastBar(kj::StringPtr line) {
  auto all = bars(line);
  if (all.size() == 0) return nullptr;
  return all.back();
}

}  // namespace xylem::cli
