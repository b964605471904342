#pragma once
// Makes and removes the kernel objects of one slice. What is made is written into the slice's journal first, so that
// collect() finds it whatever happens.
//
// Each call leaves one thing done, or throws; to remove what is not there is no fault.

#include <slice/egre.h>
#include <slice/groups.h>
#include <slice/kernel.h>
#include <slice/wires.h>

#include <map>
#include <set>

namespace xylem::slice {

extern const std::string WIRE;
// What the folder and the group of the process for links are called: no node can be.

struct Place {
  // Where a slice is on this machine.
  std::string base;
  // Folder of all slices.
  std::string name;
  std::string domain;
  // Of control groups.
  uint32_t firstUser = 0;
  // Of 65536 that are the slice's own.

  std::string folder() const { return base + "/" + name; }
  std::string nodeFolder(const std::string& node) const { return folder() + "/nodes/" + node; }
  std::string namespaceOf(const std::string& node) const;
  // Of WIRE it is x.SLICE.
};

class Journal {
  // A line for each object that is about to be made; on disk before it is.
 public:
  explicit Journal(const std::string& folder);
  void note(const std::string& kind, const std::string& name);
  static std::vector<std::pair<std::string, std::string>> read(const std::string& folder);

 private:
  kj::AutoCloseFd file;
};

class Builder {
 public:
  Builder(Place place, Groups& groups);
  // Makes the user namespace.

  void addNode(const Node& node);
  void removeNode(const std::string& node);
  // Its processes have ended.
  void readdress(const Node& before, const Node& node);
  // Loopbacks and default routes.
  void limit(const Node& node);

  void addLink(const Slice& slice, const Link& link);
  void removeLink(const Link& link);
  bool reshape(const Slice& slice, const Link& link);
  // Gives it its shape, in the kernel or by a wire. False if it has to be made anew for that.
  void setUp(const Slice& slice, const Link& link, bool up);

  void addLan(const Slice& slice, const Lan& lan);
  void removeLan(const Lan& lan);

  void addGate(const Slice& slice);
  void removeGate(const Gate& gate);

  std::vector<Wire> wires() const;
  // Those that the process for links has to carry.
  bool isWire(const std::string& link) const { return carried.count(link) > 0; }
  kj::AutoCloseFd egreSocket() const;
  // For that process; not open if it carries no such tunnel.

  int network(const std::string& node);
  // A descriptor of its namespace, as long as that is there.
  kj::AutoCloseFd user() const { return openPath(place.folder() + "/user", 0); }

  const Place place;

 private:
  void attach(const Slice& slice, const End& end, const std::string& wireDevice);
  void configure(const Slice& slice, const End& end, bool up);
  void attachToWire(const Slice& slice, const End& end, const std::string& wireDevice);
  void addWay(const Gate::Way& way);
  void remove(const std::string& node, const std::string& device);
  void listenToEgre();
  // By one socket, to the keys of all that are carried.
  void addWire(const Slice& slice, const Link& link);
  void addTunnel(const Slice& slice, const Link& link, int near);
  std::string egreName(const Link& link) const { return place.domain + "/" + place.name + "/" + link.name; }
  bool isKernels(const Tunnel& tunnel, int near);
  // The kernel carries it, with a device at that end.
  void makeTunnel(const Link& link, const Interface& device, int network, int near);
  void needWire();
  void setGateways(const Slice& slice, const std::string& node);

  Groups& groups;
  Journal journal;
  NamespaceMaker maker;
  std::map<std::string, kj::AutoCloseFd> networks;
  std::map<std::string, Wire> carried;
  // By link.
  std::unique_ptr<Egre> egre;
  kj::AutoCloseFd egreStandIn;
  // Each stays, once it has been needed.
  std::vector<kj::AutoCloseFd> ports;
  // Of the machine, which lead into the slice.
};

void unmount(const std::string& folder);
// And removes it.

struct Collected {
  uint namespaces = 0, mounts = 0, groups = 0, folders = 0;
  bool any() const { return namespaces + mounts + groups + folders > 0; }
};

enum class Remains { NOTHING, STORED };
Collected collect(const Place& place, Remains remains = Remains::NOTHING);
// Removes all that there is of a slice that nobody keeps: by its journal, and by the names of things. What is stored of
// it may remain, so that it can be made again.

std::vector<std::string> traces(const std::string& base, const std::string& domain);
// Names of slices of which there is anything on this machine.

std::string domainOf(const std::string& base);
// A word that tells this folder of slices from others; made when it is asked for first.

}  // namespace xylem::slice
