#pragma once
// What a command says, on its way through the pipes of its line to the screen or into a file.

#include <cli/ask.h>
#include <cli/typed.h>
#include <kj/io.h>

namespace xylem::cli {

class Outlet {
 public:
  Outlet(Screen& screen, kj::ArrayPtr<const Pipe> pipes);
  // Throws if a file to save into cannot be made.
  KJ_DISALLOW_COPY(Outlet);

  kj::Promise<void> write(kj::String text);
  Output output();
  // The same as a function, for as long as this lives.
  kj::Promise<void> end();
  // Once, after all output.

  Format format;
  bool set = false;
  // `display set`.
  bool draws = false;
  // `svg`: what is written is a graph in the language of Graphviz, kept for whoever draws it.
  kj::String takeGraph();
  // From then on, what is written passes.

 private:
  kj::Promise<void> pass();

  Screen& screen;
  bool paged = true;
  kj::Vector<char> gathered, graph;
  // What came out of the pipeline and was not yet written.
  Pipeline pipeline;
  kj::Maybe<kj::AutoCloseFd> file;
  kj::String path;
};

}  // namespace xylem::cli
