// Links within the grid are unnumbered: a router's LSA then has five links, and a change of one is small. Router IDs
// are 1.0.0.1 and so on; those of the ends are higher than that of the router under test, so that the ends lead the
// exchange.

#include <bench/ospf/grid.h>

#include <kj/debug.h>

namespace xylem::bench {

namespace {

constexpr uint32_t FIRST_ID = 0x01000001, FIRST_STUB = 0x0a800000;
constexpr net::Ip4 FIRST_END = net::Ip4::of(192, 0, 2, 1);
constexpr uint STUB_LENGTH = 24, MOST = 1 << 15;
constexpr uint16_t END_COST = 10;
// Of the links of an end, on either side.

uint32_t costBetween(uint a, uint b) { return 10 + net::mix(std::min(a, b), std::max(a, b)) % 90; }

}  // namespace

Grid::Grid(uint rows, uint columns)
    : rows(rows),
      columns(columns),
      stubs(size() + ENDS, true),
      sequences(size() + ENDS, ospf::INITIAL_SEQUENCE - 1),
      lsas(size() + ENDS) {
  KJ_REQUIRE(rows > 1 && columns > 1 && size() <= MOST, "a grid has two to some thousand routers", rows, columns);
  for (uint router = 0; router < size() + ENDS; ++router) renew(router);
}

net::Ip4 Grid::idOf(uint router) const {
  return router < size() ? net::Ip4{FIRST_ID + router} : net::Ip4{FIRST_END.bits + router - size()};
}

net::Ip4Net Grid::stubOf(uint router) const {
  if (router >= size()) return net::Ip4Net(endAddress(router - size()), STUB_LENGTH);
  return net::Ip4Net(net::Ip4{FIRST_STUB + (router << (32 - STUB_LENGTH))}, STUB_LENGTH);
}

kj::Maybe<uint> Grid::ownerOf(net::Ip4Net stub) const {
  auto router = (stub.address().bits - FIRST_STUB) >> (32 - STUB_LENGTH);
  if (router < size() && stubOf(router) == stub) return router;
  return nullptr;
}

const ospf::LsaPtr* Grid::find(const ospf::Key& key) const {
  auto router =
      key.router.bits >= FIRST_END.bits ? key.router.bits - FIRST_END.bits + size() : key.router.bits - FIRST_ID;
  if (router >= lsas.size() || lsas[router]->header.key != key) return nullptr;
  return &lsas[router];
}

std::vector<Arc> Grid::linksOf(uint router) const {
  std::vector<Arc> links;
  if (router >= size()) {
    if (router != end(0) || bridge) links.push_back({cornerOf(router - size()), END_COST});
    return links;
  }
  auto row = router / columns, column = router % columns;
  auto add = [&](bool there, uint other) {
    if (there) links.push_back({other, costBetween(router, other)});
  };
  add(row > 0, router - columns);
  add(column > 0, router - 1);
  add(column + 1 < columns, router + 1);
  add(row + 1 < rows, router + columns);
  for (uint number = 0; number < ENDS; ++number)
    if (router == cornerOf(number) && (number != 0 || bridge)) links.push_back({end(number), END_COST});
  return links;
}

ospf::RouterBody Grid::bodyOf(uint router) const {
  using enum ospf::LinkType;
  ospf::RouterBody body;
  uint32_t interface = 0;
  for (auto& link : linksOf(router))
    body.links.push_back({POINT_TO_POINT, idOf(link.to), net::Ip4{++interface}, uint16_t(link.cost)});
  if (router >= size())
    body.links.push_back({POINT_TO_POINT, ROUTER_UNDER_TEST, endAddress(router - size()), END_COST});
  auto stub = stubOf(router);
  if (stubs[router]) body.links.push_back({STUB, stub.address(), stub.mask(), END_COST});
  return body;
}

void Grid::renew(uint router) {
  net::ByteWriter body;
  bodyOf(router).encode(body);
  auto id = idOf(router);
  lsas[router] = std::make_shared<const ospf::Lsa>(ospf::Lsa::make(
      {ospf::Type::ROUTER, id, id}, ospf::options::E, ++sequences[router], body.bytes(), kj::origin<ospf::Time>()));
}

void Grid::setStub(uint router, bool there) {
  stubs[router] = there;
  renew(router);
}

void Grid::setBridge(bool there) {
  bridge = there;
  renew(end(0));
  renew(cornerOf(0));
}

std::vector<uint> Grid::nearerToFirst() const {
  Adjacency graph;
  for (uint router = 0; router < size(); ++router) {
    graph.push_back(linksOf(router));
    std::erase_if(graph.back(), [&](auto& arc) { return arc.to >= size(); });
  }
  auto first = plainSearch(graph, cornerOf(0)), second = plainSearch(graph, cornerOf(1));
  std::vector<uint> list;
  for (uint router = 0; router < size(); ++router)
    if (first[router] <= second[router]) list.push_back(router);
  return list;
}

}  // namespace xylem::bench
