#pragma once
// What an operator does with a command's output: `show route | match 10\. | count`.

#include <config/complete.h>
#include <config/syntax.h>

#include <kj/function.h>

namespace xylem::cli {

using kj::uint;

struct Pipe {
  enum Kind {
    MATCH,        // only lines that match a regular expression (POSIX, extended)
    EXCEPT,       // only lines that do not
    COUNT,        // only their number
    SAVE,         // into a file, not onto the screen
    JSON,         // as JSON
    DETAIL,       // with the columns that are left out otherwise
    DISPLAY_SET,  // configuration as `set` lines
    NO_MORE,      // without stopping at each page
    SVG,          // a graph as a picture, drawn by Graphviz
  };
  Kind kind;
  kj::String argument;
};

struct Piped {
  kj::Vector<config::Word> words;
  // Of the command, with their places on the line.
  kj::Vector<Pipe> pipes;
  kj::Maybe<config::Problem> problem;
  // The first thing that is wrong with the line; its column is where a caret goes.

  bool has(Pipe::Kind kind) const;
};

Piped parsePipes(kj::StringPtr line);
// Splits a line at each `|` that stands outside of quotes. Names of pipes may be abbreviated.

config::Completion completePipe(kj::ArrayPtr<const kj::StringPtr> words, kj::StringPtr partial);
// What may follow `words` behind a `|`.

class Pipeline {
  // The pipes that work on lines, in their order. Output goes in as it comes and comes out line by line.
 public:
  using Sink = kj::Function<void(kj::StringPtr line)>;

  Pipeline(kj::ArrayPtr<const Pipe> pipes, Sink sink);
  // The sink gets whole lines, each with its newline. SAVE is the sink's business. Throws if an expression is wrong;
  // those of parsePipes are not.
  ~Pipeline() noexcept(false);
  KJ_DISALLOW_COPY(Pipeline);

  void write(kj::StringPtr text);
  void end();
  // Once, after all output: a last line without newline, and counts.

 private:
  class Stage;

  void line(kj::StringPtr line);

  kj::Vector<kj::Own<Stage>> stages;
  Sink sink;
  kj::Vector<char> rest;
  // Of a line that is not complete.
};

}  // namespace xylem::cli
