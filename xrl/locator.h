#pragma once
// Locators: a call as text.
//
//     xrl:rib/Show/lookup?net=10.0.0.0/8
//
// names a target, one of its interfaces, a method, and arguments as words (net/word.h). The `xrl:` may be left out.
// Method and argument names may be written as in the schema or in kebab-case; an argument that is a list is given
// several times. `%XX` stands for a byte; in a value only `&`, `%`, `#`, space and control characters need it.

#include <kj/one-of.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace xylem::xrl {

struct Locator {
  kj::String target, interface, method;

  struct Argument {
    kj::String name, value;
  };
  kj::Vector<Argument> arguments;
};

struct BadLocator {
  size_t at;
  // Offset in the text, in bytes.
  kj::String text;
  // What is wrong there and what was expected.
};

kj::OneOf<Locator, BadLocator> parseLocator(kj::StringPtr text);
kj::String KJ_STRINGIFY(const Locator& locator);
// The canonical text; parsed, it gives the same locator.

}  // namespace xylem::xrl
