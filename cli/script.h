#pragma once
// The CLI without a terminal: commands from arguments or standard input, output to standard output, errors to standard
// error.

#include <cli/session.h>

namespace xylem::cli {

class Printer final : public Screen {
 public:
  kj::Promise<void> write(kj::String text, bool paged) override;
  void complain(kj::StringPtr line, uint column, kj::StringPtr text) override;
};

kj::String userName();
// Of whoever runs this.

int runCommands(xrl::Process& process, kj::StringPtr router, kj::ArrayPtr<const kj::StringPtr> commands);
// In one session, until one fails. The exit status.

int runInput(xrl::Process& process, kj::StringPtr router);
// The same, of the lines of standard input.

}  // namespace xylem::cli
