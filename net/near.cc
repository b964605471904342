// The distance is Damerau's (optimal string alignment): insertions, deletions, substitutions, and swaps of neighbours,
// which are what hands on a keyboard do.

#include <kj/vector.h>
#include <net/near.h>

#include <algorithm>

namespace xylem::net {
namespace {

constexpr size_t LONGEST = 64;
// Longer words are nobody's typing mistake.
constexpr size_t FEW = 8;
// So many alternatives are listed in full.

char lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

size_t distance(kj::StringPtr a, kj::StringPtr b) {
  size_t rows[3][LONGEST + 1];
  auto before = rows[0], last = rows[1], now = rows[2];
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t wrong = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    auto oldest = before;
    before = last;
    last = now;
    now = oldest;
  }
  return last[b.size()];
}

}  // namespace

kj::Maybe<kj::StringPtr> nearest(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known) {
  if (word.size() == 0 || word.size() > LONGEST) return nullptr;
  kj::Maybe<kj::StringPtr> best;
  size_t least = LONGEST;
  for (auto candidate : known) {
    if (candidate.size() > LONGEST) continue;
    auto d = candidate.startsWith(word) ? 0 : distance(word, candidate);
    if (d <= std::max<size_t>(1, candidate.size() / 3) && d < word.size() && d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

kj::String didYouMean(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known) {
  KJ_IF_MAYBE (near, nearest(word, known)) return kj::str("; did you mean \"", *near, "\"?");
  return expectedOf(known);
}

kj::String expectedOf(kj::ArrayPtr<const kj::StringPtr> known) {
  if (known.size() == 0 || known.size() > FEW) return kj::String();
  return kj::str("; expected ", alternatives(known));
}

kj::String alternatives(kj::ArrayPtr<const kj::StringPtr> words) {
  kj::Vector<kj::String> parts;
  for (auto i : kj::indices(words)) {
    parts.add(kj::str(i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", '"', words[i], '"'));
  }
  return kj::strArray(parts, "");
}

}  // namespace xylem::net
