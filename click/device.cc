// Who has which device open.

#include <click/device.h>
#include <net/if.h>

#include <map>

namespace xylem::click {

namespace {

std::map<std::pair<std::string, Device::Method>, std::weak_ptr<Device>> all;

}  // namespace

std::shared_ptr<Device> Device::find(const std::string& name, Method method) {
  auto known = all.find({name, method});
  return known == all.end() ? nullptr : known->second.lock();
}

std::shared_ptr<Device> Device::open(const std::string& name, const Options& options, std::string& problem) {
  auto& known = all[{name, options.method}];
  auto index = if_nametoindex(name.c_str());
  if (index == 0) {
    problem = name + ": No such device exists";
    return nullptr;
  }
  if (auto device = known.lock(); device && device->index == index) return device;
  std::shared_ptr<Device> device = options.method == Method::XDP ? openXdp(name, index, options, problem)
                                                                 : openPacket(name, index, options, problem);
  known = device;
  return device;
}

bool Device::setFast(FastPath* path, std::string& problem) {
  if (path == nullptr) return true;
  problem = "the device has no AF_XDP";
  return false;
}

void Device::describe(Packet& packet) const {
  packet.device = index;
  packet.macHeader = packet.data();
  if (packet.length() < 6 || !(packet.data()[0] & 1)) return;
  bool isBroadcast = true;
  for (int i = 0; i < 6; ++i) isBroadcast = isBroadcast && packet.data()[i] == 0xff;
  packet.type = isBroadcast ? Packet::Type::BROADCAST : Packet::Type::MULTICAST;
}

}  // namespace xylem::click
