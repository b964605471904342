#pragma once
// A node's processes: the first of them, which is process 1 of the node, and from which all others come. When it ends,
// the kernel ends them all.

#include <kj/io.h>

#include <string>
#include <vector>

namespace xylem::slice {

struct Launch {
  std::string node;
  // The host's name inside.
  std::string folder;
  // A file system of its own, with folders `run`, `tmp`, `shm` and `dev`.
  std::vector<std::string> command;
  // None: process 1 waits to be ended.
  std::string log;
  // Takes what they print.
  kj::AutoCloseFd network, user;
  // Namespaces.
  std::vector<kj::AutoCloseFd> doors;
  // Of control groups.
  kj::AutoCloseFd descriptor;
  // Number 3 of its program; none if it is not open.
  std::vector<std::string> environment;
  // NAME=VALUE, beside what every node has.
};

constexpr const char* SETTLED = "node is settled";
// Printed by process 1 when all around it is as it shall be.

pid_t launch(const Launch& launch);
// The pid of process 1, as this process knows it. It ends on SIGTERM, once its program has, and dies with this process.

void furnishFolder(const std::string& folder, uint64_t bytes, uint32_t user);
// Mounts a file system of that size there, and makes the folders; nothing if it is there already.

pid_t begin(pid_t node, const std::vector<kj::AutoCloseFd>& doors, const std::vector<std::string>& command, int output);
// Runs a command in the node of that process 1. Its output goes where ours goes, or to that descriptor if it is not
// negative, and then it has no input. The exit status of the pid that is returned is the command's; 127 if it cannot be
// run, 128 and the signal that killed it.

int exitStatus(int status);
// Of a wait status, as a shell has it.

}  // namespace xylem::slice
