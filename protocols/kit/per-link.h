#pragma once
// A protocol's sockets, one for each interface that it speaks on, by the interface's name.
//
//     kit::PerLink<Socket> sockets;
//     sockets.attach(interface, [&]() { return kj::heap<Socket>(...); });       made anew when the interface is
//     KJ_IF_MAYBE (socket, sockets.open(name)) socket->send(...);
//
// A Socket says which interface it is bound to, index(), and whether it can send yet, isOpen() (see kit::LinkSocket).

#include <protocols/kit/interfaces.h>

namespace xylem::kit {

template <typename Socket> class PerLink {
 public:
  template <typename Make> void attach(const Interface& interface, Make&& make) {
    auto& socket = all[interface.name];
    if (socket.get() == nullptr || socket->index() != interface.index) socket = make();
  }
  void erase(const std::string& name) { all.erase(name); }
  template <typename Wanted> void keep(Wanted&& wanted) {
    std::erase_if(all, [&](auto& each) { return !wanted(each.first); });
  }
  kj::Maybe<Socket&> open(const std::string& name) {
    auto at = all.find(name);
    if (at == all.end() || !at->second->isOpen()) return nullptr;
    return *at->second;
  }
  template <typename Each> void each(Each&& each) {
    for (auto& [name, socket] : all) each(name, *socket);
  }

 private:
  std::map<std::string, kj::Own<Socket>> all;
};

}  // namespace xylem::kit
