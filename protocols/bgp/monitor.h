#pragma once
// Monitor: what somebody who watches this router has been told of one table, and what of it is another by now: the
// Adj-RIBs-In of some peers, before and after policy, and the Loc-RIB (RFC 7854 section 5, RFC 9069).
//
//     Monitor<net::Ip4Net> monitor(table, pool, Family::IPV4_UNICAST);
//     monitor.watch({bmp::Rib::ADJ_IN_POST_POLICY, peer});
//     while (monitor.isBusy()) monitor.step(500, [&](const View& view, Bytes update) { send(view, update); });
//
// Whoever watches slowly steps seldom, and is then told what is, not all that was: what waits is a bit for each
// destination, whatever happens meanwhile. What was told costs six bytes for each route.

#include <protocols/bgp/bmp.h>
#include <protocols/bgp/update-group.h>

#include <kj/function.h>

namespace xylem::bgp {

struct View {
  uint16_t peer = 0;
  // 0 for the Loc-RIB.
  bmp::Rib rib = bmp::Rib::ADJ_IN_PRE_POLICY;
  // That, or ADJ_IN_POST_POLICY, or LOCAL.
  bool addPath = false;
  // The peer's paths have identifiers, and so they do here.

  auto operator<=>(const View&) const = default;
};

template <typename Net> class Monitor {
 public:
  Monitor(Table<Net>& table, AttributePool& pool, Family family);
  ~Monitor();
  KJ_DISALLOW_COPY(Monitor);

  const Family family;

  void watch(View view);
  // Not watched yet. All of it is yet to be told, and then End-of-RIB.
  void forget(uint16_t peer);
  void forgetAll();
  // Nothing more is told of it, or of anything, and what was told counts as withdrawn.

  bool isBusy() const { return !dirty.empty() || isPassing() || !retired.empty(); }
  void step(uint destinations, kj::FunctionParam<void(const View& view, Bytes update)> tell);
  // Looks at so many; `update` is one message.

  size_t bytes() const;

 private:
  struct Shown {
    Shown(View view, AttributePool& pool, uint32_t lap) : view(view), told(pool), lap(lap) {}

    const View view;
    Advertised told;
    bool endOfRib = true;
    // It is yet to come, in the lap behind this one.
    uint32_t lap;

    AttributeId attributes = AttributePool::NONE;
    std::vector<PathKey<Net>> announced, withdrawn;
    // Of a step: what goes into the same messages.
  };
  using Tell = kj::FunctionParam<void(const View& view, Bytes update)>;

  bool isPassing() const {
    return std::any_of(shown.begin(), shown.end(), [](auto& each) { return each->endOfRib; });
  }
  struct Here {
    uint16_t peer;
    uint32_t index;
  };

  void look(uint32_t at, Tell& tell);
  void lookAtBest(Shown& to, uint32_t at, Tell& tell);
  void lookAtPath(Shown& to, uint32_t at, kj::ArrayPtr<const Here> paths, Tell& tell);
  void lookAtPaths(Shown& to, uint32_t at, kj::ArrayPtr<const Here> paths, Tell& tell);
  AttributeId seen(const View& view, const Path& path) const;
  void update(Shown& to, uint32_t at, uint32_t pathId, Advert old, Advert now, Tell& tell);
  void finish(Shown& to, Tell& tell);
  void cut(const Shown& to, Tell& tell);

  Table<Net>& table;
  AttributePool& pool;
  Dirty dirty;
  std::vector<std::unique_ptr<Shown>> shown;
  // In the order of views.
  std::vector<std::unique_ptr<Shown>> retired;
  std::vector<Here> here;
  std::vector<std::pair<uint32_t, Advert>> before;
  net::ByteWriter block, out;
};

extern template class Monitor<net::Ip4Net>;
extern template class Monitor<net::Ip6Net>;

}  // namespace xylem::bgp
