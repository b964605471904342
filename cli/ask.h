#pragma once
// Asking the processes of a router, by schema, and showing what they answer.

#include <capnp/dynamic.h>
#include <cli/commands.h>
#include <cli/table.h>
#include <xrl/process.h>

namespace xylem::cli {

using Output = kj::Function<kj::Promise<void>(kj::String)>;
// Takes text as it comes; the next piece is asked for when it is done.

struct Format {
  bool json = false;
  bool detail = false;
};

class Asker {
 public:
  explicit Asker(xrl::Process& process) : process(process) {}

  kj::Promise<void> ask(kj::Own<Command> command, Format format, Output output);
  // Run an operational command and show the answer. Long tables are asked for page by page.

  kj::Promise<void> call(kj::StringPtr locator, Format format, Output output);
  // Call by a locator, with the schema that the target itself tells of. Throws with what is wrong with the locator.

  kj::Promise<void> list(kj::StringPtr prefix, Format format, Output output);
  // The locators that begin with `prefix`, with parameters and help; all of them for an empty one.

 private:
  xrl::Task<void> askNow(kj::Own<Command> command, Format format, Output output);
  xrl::Task<void> callNow(kj::String locator, Format format, Output output);
  xrl::Task<void> listNow(kj::String prefix, Format format, Output output);
  xrl::Task<void> showPages(capnp::DynamicCapability::Client service, kj::Own<Command> command, Format format,
                            Output output);

  xrl::Process& process;
};

}  // namespace xylem::cli
