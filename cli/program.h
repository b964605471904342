#pragma once
// A program of the operating system, run where the router is.

#include <cli/ask.h>
#include <kj/io.h>

namespace xylem::cli {

class Program {
 public:
  Program(xrl::Loop& loop, kj::ArrayPtr<const kj::String> words, kj::Maybe<kj::AutoCloseFd> network);
  // Starts it with these words, the first is its name, in the network namespace of this descriptor if there is one. It
  // has no input.
  ~Program() noexcept(false);
  // Kills it if it still runs.
  KJ_DISALLOW_COPY(Program);

  xrl::Task<int> finish(Output& output);
  // Passes on all that it prints; its wait status.

  bool interrupt();
  // Asks it to end. False if it was asked before, or is over.

 private:
  xrl::Loop& loop;
  kj::AutoCloseFd printed;
  pid_t pid = 0;
  kj::Promise<int> exited = nullptr;
  bool interrupted = false;
};

kj::Maybe<kj::AutoCloseFd> networkOf(uint32_t pid);
// The network namespace of that process, if it is another one than ours, and we may know.

}  // namespace xylem::cli
