#pragma once
// A synthetic area: routers in rows and columns, each with links to those beside, above and below it and with a stub
// network of its own. At two opposite corners hang the two ends, which are the neighbours of the router that is
// measured, so that it has two ways into the grid:
//
//     router under test --- end 0 --- corner 0  ...  last corner --- end 1 --- router under test
//
//     Grid grid(71, 71);
//     grid.lsa(7)                    what router 7 says; the ends are behind the routers of the grid
//     grid.setStub(7, false)         ... and from then on without its stub
//     grid.setBridge(false)          end 0 and its corner have lost the link between them
//
// Costs differ from link to link, so that few ways cost the same.

#include <bench/ospf/plain-search.h>
#include <protocols/ospf/lsa.h>

namespace xylem::bench {

constexpr net::Ip4 ROUTER_UNDER_TEST = net::Ip4::of(10, 0, 0, 1);
// Its router ID. On the link to end n it is 10.0.n.1, and the end 10.0.n.2.
constexpr uint ENDS = 2;

constexpr net::Ip4 endAddress(uint end) { return net::Ip4::of(10, 0, uint8_t(end), 2); }

class Grid {
 public:
  Grid(uint rows, uint columns);

  uint size() const { return rows * columns; }
  // Routers, without the ends.
  uint end(uint number) const { return size() + number; }
  net::Ip4 idOf(uint router) const;
  net::Ip4Net stubOf(uint router) const;
  kj::Maybe<uint> ownerOf(net::Ip4Net stub) const;

  const ospf::LsaPtr& lsa(uint router) const { return lsas[router]; }
  const ospf::LsaPtr* find(const ospf::Key& key) const;
  // Null: none.

  void setStub(uint router, bool there);
  void setBridge(bool there);
  // Between end 0 and its corner, whose LSAs are made anew.
  std::vector<uint> nearerToFirst() const;
  // Routers whose way from the router under test leads through end 0 alone or as well, while the bridge is there. It
  // is as far to either end.

 private:
  ospf::RouterBody bodyOf(uint router) const;
  std::vector<Arc> linksOf(uint router) const;
  void renew(uint router);
  uint cornerOf(uint end) const { return end == 0 ? 0 : size() - 1; }

  uint rows, columns;
  bool bridge = true;
  std::vector<bool> stubs;
  std::vector<int32_t> sequences;
  std::vector<ospf::LsaPtr> lsas;
};

}  // namespace xylem::bench
