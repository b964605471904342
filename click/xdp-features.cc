// Frames that a device cannot take are dropped without a word, so it has to be asked before. Debian 12's headers do not
// know the family yet.

#include <click/xdp-features.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace xylem::click {

namespace {

// linux/netdev.h of later kernels.
constexpr uint8_t NETDEV_DEV_GET = 1;
constexpr uint16_t NETDEV_IFINDEX = 1, NETDEV_XDP_FEATURES = 3;
constexpr uint64_t TAKES_FRAMES = 4;

int openSocket() {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  if (fd >= 0) bind(fd, reinterpret_cast<sockaddr*>(&self), sizeof self);
  return fd;
}

template <typename F> void eachAttribute(const uint8_t* at, size_t size, const F& f) {
  // f(type, value, size)
  while (size >= sizeof(nlattr)) {
    nlattr header;
    memcpy(&header, at, sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > size) return;
    f(header.nla_type & NLA_TYPE_MASK, at + sizeof header, header.nla_len - sizeof header);
    size_t step = NLA_ALIGN(header.nla_len);
    if (step >= size) return;
    at += step;
    size -= step;
  }
}

template <typename T> T number(const uint8_t* value, size_t size) {
  T out{};
  memcpy(&out, value, std::min(size, sizeof out));
  return out;
}

bool isVirtualEthernet(uint32_t interface) {
  ifreq request{};
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char*>(&driver);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool known = if_indextoname(interface, request.ifr_name) && ioctl(fd, SIOCETHTOOL, &request) == 0;
  close(fd);
  return known && std::string_view(driver.driver) == "veth";
}

}  // namespace

XdpFeatures::XdpFeatures() : requests(openSocket()) {
  if (!findFamily() || group == 0) return;
  events = openSocket();
  setsockopt(events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
}

XdpFeatures::~XdpFeatures() {
  if (requests >= 0) close(requests);
  if (events >= 0) close(events);
}

bool XdpFeatures::ask(uint16_t type, uint8_t command, uint16_t attribute, const void* value, uint16_t size,
                      const std::function<void(const uint8_t*, size_t)>& answer) {
  struct {
    nlmsghdr header;
    genlmsghdr command;
    nlattr attribute;
    uint8_t value[16];
  } request{};
  uint32_t length = uint32_t(NLMSG_LENGTH(GENL_HDRLEN)) + NLA_HDRLEN + NLA_ALIGN(size);
  request.header = {length, type, NLM_F_REQUEST, 1, 0};
  request.command = {command, 1, 0};
  request.attribute = {uint16_t(NLA_HDRLEN + size), attribute};
  memcpy(request.value, value, size);
  alignas(nlmsghdr) uint8_t buffer[8192];
  if (send(requests, &request, length, 0) < 0) return false;
  auto got = recv(requests, buffer, sizeof buffer, 0);
  auto header = reinterpret_cast<nlmsghdr*>(buffer);
  if (got < ssize_t(NLMSG_LENGTH(GENL_HDRLEN)) || !NLMSG_OK(header, unsigned(got)) || header->nlmsg_type == NLMSG_ERROR)
    return false;
  auto begin = NLMSG_LENGTH(GENL_HDRLEN);
  answer(buffer + begin, header->nlmsg_len - begin);
  return true;
}

bool XdpFeatures::findFamily() {
  return ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof "netdev",
             [this](auto at, auto size) {
               eachAttribute(at, size, [this](auto type, auto value, auto size) {
                 if (type == CTRL_ATTR_FAMILY_ID) family = number<uint16_t>(value, size);
                 if (type != CTRL_ATTR_MCAST_GROUPS) return;
                 eachAttribute(value, size, [this](auto, auto each, auto size) {
                   std::string_view name;
                   uint32_t id = 0;
                   eachAttribute(each, size, [&](auto type, auto value, auto size) {
                     if (type == CTRL_ATTR_MCAST_GRP_NAME) name = reinterpret_cast<const char*>(value);
                     if (type == CTRL_ATTR_MCAST_GRP_ID) id = number<uint32_t>(value, size);
                   });
                   if (name == "mgmt") group = id;
                 });
               });
             });
}

bool XdpFeatures::takesFrames(uint32_t interface) {
  uint64_t features = 0;
  if (family == 0) return !isVirtualEthernet(interface);
  ask(family, NETDEV_DEV_GET, NETDEV_IFINDEX, &interface, sizeof interface, [&](auto at, auto size) {
    eachAttribute(at, size, [&](auto type, auto value, auto size) {
      if (type == NETDEV_XDP_FEATURES) features = number<uint64_t>(value, size);
    });
  });
  return features & TAKES_FRAMES;
}

bool XdpFeatures::drain() {
  uint8_t buffer[8192];
  bool hasChanged = false;
  while (recv(events, buffer, sizeof buffer, 0) >= 0 || errno == ENOBUFS) hasChanged = true;
  return hasChanged;
}

}  // namespace xylem::click
