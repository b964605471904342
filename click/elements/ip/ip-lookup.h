#pragma once
// LookupIPRoute(ADDR/MASK [GATEWAY] OUTPUT, ...), LinearIPLookup(...), StaticIPLookup(...), RadixIPLookup(...),
// DirectIPLookup(...), RangeIPLookup(...), SortedIPLookup(...)
//
// Sends each packet to the output of the longest prefix that its annotated destination is in; if that route has a
// gateway, the annotation becomes the gateway. GATEWAY may be `-` for none. A packet without a route is dropped, and
// the first five are told on standard error. All these names are one table, for any number of routes and gateways;
// StaticIPLookup cannot be changed.
//
// Ports: 1 input, any number of outputs; push.
// Handlers: table (r). lookup ADDR (r): output and gateway. add, set (w) ROUTE: set replaces. remove (w) ADDR/MASK
// [GATEWAY OUTPUT].
//   ctrl (w): lines `add ROUTE`, `set ROUTE`, `remove ROUTE`, all of them or, if one fails, none. flush (w).
// Example: rt :: LookupIPRoute(10.0.0.0/8 0, 10.1.0.0/16 10.0.0.2 1, 0/0 10.0.0.1 0)

#include <click/element.h>
#include <click/next-hops.h>
#include <click/route-table.h>

namespace xylem::click {

class IPLookup : public Sorting<IPLookup> {
 public:
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void pushBatch(int port, Batch& batch) override;
  int step(Packet& packet);
  bool hasRouteTo(Ip4 address) const { return routes.lookup(address) != RouteTable4::NOTHING; }

 protected:
  virtual bool isFixed() const { return false; }

 private:
  struct Route {
    Ip4Net net;
    Ip4 gateway;
    int output = -1;
    std::string print(char gap = ' ') const;
  };
  enum Command { ADD, SET, REMOVE };
  using Former = std::pair<Ip4Net, std::optional<Route>>;

  bool parse(std::string text, Route& route, bool isRemoval);
  std::optional<Route> find(Ip4Net net) const;
  bool put(const Route& route);
  void drop(Ip4Net net);
  bool run(Command command, const std::string& text, std::vector<Former>* formers, Errors& errors);
  void control(const std::string& text, Errors& errors);
  std::string table() const;
  int complain(uint32_t address);

  RouteTable4 routes;
  NextHops<Ip4> hops;
  std::map<Ip4Net, uint64_t> order;
  // In which routes were added.
  uint64_t added = 0;
  unsigned complaints = 0;
};

class LookupIPRoute final : public IPLookup {
 public:
  static const Kind KIND;
};

class LinearIPLookup final : public IPLookup {
 public:
  static const Kind KIND;
};

class StaticIPLookup final : public IPLookup {
 public:
  static const Kind KIND;

 private:
  bool isFixed() const override { return true; }
};

class RadixIPLookup final : public IPLookup {
 public:
  static const Kind KIND;
};

class DirectIPLookup final : public IPLookup {
 public:
  static const Kind KIND;
};

class RangeIPLookup final : public IPLookup {
 public:
  static const Kind KIND;
};

class SortedIPLookup final : public IPLookup {
 public:
  static const Kind KIND;
};

}  // namespace xylem::click
