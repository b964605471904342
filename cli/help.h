#pragma once
// What `?` and TAB show and insert.

#include <cli/session.h>

namespace xylem::cli {

extern const kj::StringPtr HOW_TO;
// How to use the CLI, in a few lines.

kj::String list(const config::Completion& completion);
// A line for each candidate: the word, its help, and a `*` before what must be there.

kj::String help(const Offer& offer);
// What `?` shows: the list, whether the line may end here, or why nothing may come.

kj::Maybe<kj::String> inserted(const Offer& offer);
// What TAB puts in the place of `offer.partial`, if it adds anything: as much as is certain, and a space if it is a
// whole word.

}  // namespace xylem::cli
