#pragma once
// For tests: schemas compiled when they are needed, and the files that lie beside the tests. Wants SOURCE_ROOT defined
// as the path of the source tree.

#include <config/grammar.h>
#include <kj/debug.h>

#include <cstdio>
#include <ctime>
#include <string>

namespace xylem::config::testing {

inline kj::Array<kj::byte> output(kj::StringPtr command) {
  auto pipe = popen(command.cStr(), "r");
  KJ_REQUIRE(pipe != nullptr, command);
  kj::Vector<kj::byte> all;
  kj::byte buffer[4096];
  while (auto got = fread(buffer, 1, sizeof(buffer), pipe)) all.addAll(buffer, buffer + got);
  KJ_REQUIRE(pclose(pipe) == 0, command);
  return all.releaseAsArray();
}

inline kj::Array<kj::byte> schemaOf(kj::StringPtr file) {
  // What a daemon carries; `file` is a path from the root: "fea/fea.capnp".
  return output(kj::str("cd " SOURCE_ROOT " && capnp compile -I. -o- ", file));
}

inline kj::String contents(kj::StringPtr file) {
  auto bytes = output(kj::str("cat " SOURCE_ROOT "/", file));
  return kj::heapString(bytes.asChars());
}

inline void addDaemon(Grammar& grammar, kj::StringPtr name, kj::StringPtr file) {
  KJ_IF_MAYBE (problem, grammar.add(name, schemaOf(file))) KJ_FAIL_REQUIRE("cannot be configured", name, *problem);
}

inline int cpuMilliseconds() {
  // Of this process until now: what others do on the machine is not in it.
  return int(clock() / (CLOCKS_PER_SEC / 1000));
}

inline const Grammar& everything() {
  // The real daemons of the trunk, and those of testdata.
  static Grammar* grammar = [] {
    auto made = new Grammar;
    addDaemon(*made, "fea", "fea/fea.capnp");
    addDaemon(*made, "rib", "rib/rib.capnp");
    addDaemon(*made, "rtrmgr", "rtrmgr/rtrmgr.capnp");
    addDaemon(*made, "rich", "config/testdata/rich.capnp");
    addDaemon(*made, "plain", "config/testdata/plain.capnp");
    return made;
  }();
  return *grammar;
}

}  // namespace xylem::config::testing
