#pragma once
// LookupIP6Route(ADDR/MASK [GATEWAY] OUTPUT, ...)
//
// Sends each packet to the output of the longest prefix that its annotated IPv6 destination is in; if that route has a
// gateway (other than `::`), the annotation becomes the gateway. A packet without a route is dropped, and the first
// five are told on standard error.
//
// Ports: 1 input, any number of outputs; push.
// Handlers: table (r). lookup ADDR (r). add (w) ROUTE. remove (w) ADDR/MASK. ctrl (w): lines `add ROUTE` and `remove
// ADDR/MASK`. Example: LookupIP6Route(2001:db8:1::/48 0, ::/0 2001:db8::1 1)

#include <click/element.h>
#include <click/next-hops.h>
#include <click/route-table.h>

namespace xylem::click {

class LookupIP6Route final : public Sorting<LookupIP6Route> {
 public:
  static const Kind KIND;
  void configure(Args& args) override;
  void addHandlers(Handlers& handlers) override;
  void pushBatch(int port, Batch& batch) override;
  int step(Packet& packet);

 private:
  using Hop = NextHops<Ip6>::Hop;
  bool parse(std::string text, Ip6Net& net, Hop& hop);
  void add(const std::string& text, Errors& errors);
  void remove(const std::string& text, Errors& errors);
  void put(const Ip6Net& net, const Hop& hop);
  std::string table() const;

  RouteTable6 routes;
  NextHops<Ip6> hops;
  unsigned complaints = 0;
};

}  // namespace xylem::click
