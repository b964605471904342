#pragma once
// Control groups of nodes, of version 1 or 2, whichever controllers this machine has where.
//
// A node's group is xylem/DOMAIN/SLICE/NODE in each hierarchy that has one of `memory`, `cpu` and `pids`. DOMAIN tells
// apart those who keep slices in different folders of one machine.
//
// What forwards packets in user space has another group for the processor, xylem/DOMAIN/-planes/SLICE/NODE, so that it
// goes before what any slice computes: -planes weighs a hundred times what a slice does. Within it slices are equal,
// and so are the nodes of one, but for their weights.

#include <kj/io.h>
#include <slice/model.h>

#include <string>
#include <vector>

namespace xylem::slice {

class Groups {
 public:
  explicit Groups(const std::string& domain, const std::string& mounts = "/proc/self/mountinfo");
  // Finds the hierarchies; those that may not be written are left out.

  bool limits(const std::string& controller) const;
  // Of `memory`, `cpu` and `pids`.

  void make(const std::string& slice, const std::string& node, const Limits& limits);
  // Or changes the limits of the one that is there.
  std::vector<kj::AutoCloseFd> doors(const std::string& slice, const std::string& node) const;
  // Who writes "0" to all of them is in the group.

  void makePlane(const std::string& slice, const std::string& node, const Limits& limits);
  // The group of what forwards for that node, or changes it. With version 2 it has the node's other limits once more.
  kj::AutoCloseFd planeDoor(const std::string& slice, const std::string& node) const;
  // As above; not open if there is no such group.

  std::vector<std::string> folders(const std::string& slice, const std::string& node) const;
  double memory(const std::string& slice, const std::string& node) const;
  // Bytes in use; 0 if unknown.

  void remove(const std::string& slice, const std::string& node = "");
  // Ends all processes in it, and removes it; of one node or of the whole slice. Nothing if it is not there.
  std::vector<std::string> slices() const;
  // Those that have groups.

 private:
  struct Hierarchy {
    std::string root;
    std::vector<std::string> controllers;
    bool unified;
  };
  std::string folder(const Hierarchy& in, const std::string& slice, const std::string& node) const;
  void makeBelow(const Hierarchy& in, const std::vector<std::string>& parts) const;
  void set(const Hierarchy& in, const std::string& folder, const Limits& limits);

  std::string domain;
  std::vector<Hierarchy> hierarchies;
};

void removeGroup(const std::string& folder, bool unified);
// Ends all processes in a group, of version 2 if it is unified, and those below, and removes it. Nothing if it is not
// there.

}  // namespace xylem::slice
