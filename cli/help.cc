// Hints describe what may be typed and are never inserted; where there are some, an empty word is not completed to the
// only known one, because it need not be that.

#include <cli/help.h>

#include <config/tree.h>

namespace xylem::cli {

using config::Completion;

const kj::StringPtr HOW_TO =
    "Type ? anywhere to see what may come next. TAB completes. Words may be abbreviated.\n"
    "^C ends a command, ^D leaves. Output goes through pipes: show ... | match WORD | count.\n"_kj;

namespace {

constexpr size_t WIDEST = 24;
// Of the words; help begins beyond that at the latest.

void line(kj::Vector<kj::String>& out, bool mark, kj::StringPtr word, kj::StringPtr help, size_t width) {
  auto gap = help.size() == 0 ? 0 : word.size() < width ? width + 2 - word.size() : 2;
  out.add(kj::str(mark ? "* " : "  ", word, kj::repeat(' ', gap), help, '\n'));
}

size_t widthOf(const Completion& completion) {
  size_t width = 9;
  for (auto& each : completion.candidates) width = kj::max(width, kj::min(each.word.size(), WIDEST));
  return width;
}

}  // namespace

kj::String list(const Completion& completion) {
  kj::Vector<kj::String> lines;
  bool marks = false;
  auto width = widthOf(completion);
  for (auto& each : completion.candidates) {
    line(lines, each.mandatory, each.hint ? kj::str(each.word) : config::quote(each.word), each.help, width);
    marks = marks || each.mandatory;
  }
  if (marks) lines.add(kj::str("(* must be there)\n"));
  return kj::strArray(lines, "");
}

kj::String help(const Offer& offer) {
  auto& completion = offer.completion;
  if (completion.candidates.size() == 0 && !completion.mayEnd) {
    KJ_IF_MAYBE (text, offer.wrong) return kj::str("  ", *text, '\n');
    return kj::str("  nothing fits here\n");
  }
  kj::Vector<kj::String> ends;
  if (completion.mayEnd && offer.partial.size() == 0) {
    auto width = widthOf(completion);
    line(ends, false, "<Enter>", "Run this command.", width);
    line(ends, false, "|", "Pipe its output.", width);
  }
  return kj::str(kj::strArray(ends, ""), list(completion));
}

kj::Maybe<kj::String> inserted(const Offer& offer) {
  kj::Vector<kj::String> words;
  bool hints = false;
  for (auto& each : offer.completion.candidates) {
    if (each.hint)
      hints = true;
    else
      words.add(config::quote(each.word));
  }
  if (words.size() == 0 || (hints && offer.partial.size() == 0)) return nullptr;
  auto common = words[0].size();
  for (auto& word : words) {
    size_t same = 0;
    while (same < common && same < word.size() && word[same] == words[0][same]) ++same;
    common = same;
  }
  while (common > 0 && common < words[0].size() && (words[0][common] & 0xc0) == 0x80) --common;
  auto text = kj::heapString(words[0].begin(), common);
  if (words.size() == 1) return kj::str(text, ' ');
  if (text.size() <= offer.partial.size()) return nullptr;
  return kj::mv(text);
}

}  // namespace xylem::cli
