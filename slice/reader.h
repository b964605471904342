#pragma once
// One slice, from the message that its text has become. A part of read.cc.

#include <slice/file.capnp.h>
#include <slice/names.h>
#include <slice/prepare.h>
#include <slice/read.h>
#include <slice/topology.h>

#include <map>
#include <set>

namespace xylem::slice {

class Reader {
 public:
  Reader(wire::Slice::Reader from, const Prepared& prepared, OpenFile& open, Result& result);

  void run();

 private:
  struct Source {
    // What a node was read from.
    wire::Node::Reader from;
    kj::String path;
    std::shared_ptr<config::Tree> router;
  };

  void problem(kj::StringPtr path, std::string text);
  // About the statement on this path below the slice.

  void readHosts();
  void assignHost(Node& node, wire::Node::Reader from, kj::StringPtr path);
  void addTunnels();
  void keepTogether(const Lan& lan);
  uint32_t mtuOf(uint32_t given) const;
  // The usual one if none is given.

  void readNode(std::string name, wire::Node::Reader from, kj::StringPtr path, const std::string& key);
  void readLimits(Node& node, wire::Node::Reader from, kj::StringPtr path);
  void readLink(std::string name, wire::Link::Reader from, kj::StringPtr path);
  void readShape(Link& link, wire::Link::Reader from, kj::StringPtr path);
  bool readEnd(const std::string& word, kj::StringPtr path, End& end);
  void readLan(wire::Lan::Reader from);
  void generate(wire::Generate::Reader from);
  Drawn draw(wire::Generate::Reader from);

  void nameInterfaces();
  void addressLinks();
  void addressLink(Link& link);
  std::vector<net::IfAddr> givenTo(const Link& link, int end);
  void addressLan(Lan& lan);
  void addressLoopbacks();
  void findGateways();
  void readGate();
  void readForward(wire::Forward::Reader from, const char* protocol);
  void addWay(const std::string& node, bool leaves, kj::StringPtr path);
  void addInterface(const End& end, uint32_t mtu, std::vector<net::IfAddr> addresses);

  void furnish(Node& node);
  void furnishRouter(Node& node, kj::Maybe<std::string> config);
  void expand(const config::Node& from, config::Node& to, const Node& node);
  std::string fillIn(const Node& node, const std::string& text);
  void readEvents(wire::At::Reader from);
  void readEvent(kj::Duration at, wire::LinkEvent::Reader from, kj::StringPtr path);
  void readEvent(kj::Duration at, wire::NodeEvent::Reader from, kj::StringPtr path);
  std::string nearNode(const std::string& name);

  wire::Slice::Reader from;
  const Prepared& prepared;
  OpenFile& open;
  Result& result;
  Slice slice;
  std::map<std::string, size_t> numbers;
  // Of nodes.
  std::map<std::string, Source> sources;
  std::map<std::string, wire::Link::Reader> linkSources;
  std::map<std::string, std::set<std::string>> devices;
  // Names of interfaces that are given, by node.
  std::set<std::string> pairs;
  // Names of links.
};

}  // namespace xylem::slice
