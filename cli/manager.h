#pragma once
// The router manager, as the CLI uses it.

#include <config/grammar.h>
#include <rtrmgr/rtrmgr.capnp.h>
#include <xrl/process.h>

namespace xylem::cli {

struct Standing {
  // A configuration that is in force.
  kj::String text;
  uint64_t generation = 0;
};

struct Verdict {
  // What the manager says of a candidate.
  kj::Vector<kj::String> problems;
  // A line for each, with place and path; without any, it is good, or in force.
  uint64_t generation = 0;
  // After a commit.
};

class Manager {
 public:
  explicit Manager(xrl::Process& process) : process(process) {}

  void hangUp() { connection = nullptr; }
  // The next call connects anew. Nothing is known of a connection while nobody turns the loop.

  xrl::Task<capnp::Response<rtrmgr::wire::Configuration::SchemasResults>> schemas();
  xrl::Task<Standing> running();
  xrl::Task<kj::String> rollback(uint number);
  // Throws if there is none.

  xrl::Task<bool> mayEdit();
  // Whether this operator may call what follows.
  xrl::Task<Verdict> check(kj::String text);
  xrl::Task<Verdict> commit(kj::String text, uint64_t base, kj::String comment, uint32_t confirm);
  xrl::Task<void> confirm();

 private:
  xrl::Task<xrl::Services::Client> reach();
  xrl::Task<rtrmgr::wire::Configuration::Client> configuration();
  xrl::Task<rtrmgr::wire::Editor::Client> editor();

  xrl::Process& process;
  kj::Maybe<kj::Own<xrl::Connection>> connection;
};

}  // namespace xylem::cli
