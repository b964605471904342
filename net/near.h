#pragma once
// "Did you mean": which of the known words a wrong one is close to.

#include <kj/string.h>

namespace xylem::net {

kj::Maybe<kj::StringPtr> nearest(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known);
// The known word that differs least, if that is little: it is one that `word` abbreviates, or at most a third of its
// letters are wrong, missing, too many or swapped; capitals count as small letters.

kj::String didYouMean(kj::StringPtr word, kj::ArrayPtr<const kj::StringPtr> known);
// "; did you mean "cost"?", or, if nothing is near, what is known, if it is little: "; expected "a", "b" or "c"".

kj::String expectedOf(kj::ArrayPtr<const kj::StringPtr> known);
// Only the latter.

kj::String alternatives(kj::ArrayPtr<const kj::StringPtr> words);
// "\"a\", \"b\" or \"c\""

}  // namespace xylem::net
