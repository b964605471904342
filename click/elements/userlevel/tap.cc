// Packets come as they are (IFF_NO_PI): a tun has IP packets, a tap has frames.

#include <click/elements/userlevel/tap.h>
#include <click/text.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace xylem::click {

namespace {

class Interface {
 public:
  Interface(const std::string& name, Errors& errors) : name(name), errors(errors) {
    socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  }
  ~Interface() {
    if (socket >= 0) close(socket);
  }

  bool set(unsigned long request, const char* what) {
    if (ioctl(socket, request, &ask) == 0) return true;
    errors.error(name + ": " + what + ": " + strerror(errno));
    return false;
  }
  void begin() {
    memset(&ask, 0, sizeof ask);
    strncpy(ask.ifr_name, name.c_str(), IFNAMSIZ - 1);
  }
  bool addDefaultRoute(Ip4 gateway) {
    rtentry route{};
    sockaddr_in to{};
    to.sin_family = AF_INET;
    memcpy(&route.rt_dst, &to, sizeof to);
    memcpy(&route.rt_genmask, &to, sizeof to);
    to.sin_addr.s_addr = htonl(gateway.bits);
    memcpy(&route.rt_gateway, &to, sizeof to);
    route.rt_flags = RTF_UP | RTF_GATEWAY;
    if (ioctl(socket, SIOCADDRT, &route) == 0 || errno == EEXIST) return true;
    errors.error(name + ": default route: " + strerror(errno));
    return false;
  }
  bool setAddress(unsigned long request, Ip4 address, const char* what) {
    begin();
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(address.bits);
    memcpy(&ask.ifr_addr, &in, sizeof in);
    return set(request, what);
  }

  ifreq ask;

 private:
  const std::string& name;
  Errors& errors;
  int socket;
};

std::vector<Tap*>& opened() {
  static std::vector<Tap*> all;
  return all;
}

}  // namespace

bool readHostPrefix(const std::string& text, Ip4Mask& out, const Reading& reading) {
  auto slash = text.find('/');
  if (slash == std::string::npos) return false;
  Ip4Mask net;
  if (!read(text.substr(0, slash), out.address, reading) || !read(text, net, reading)) return false;
  out.mask = net.mask;
  return true;
}

bool Tap::open(const Settings& settings, Errors& errors) {
  if (settings.name.size() >= IFNAMSIZ) {
    errors.error(settings.name + ": device name too long");
    return false;
  }
  isTap = settings.isTap;
  // A VLAN tag may come on top.
  longest = unsigned(settings.mtu) + ETHERNET + 4;
  if (!share(settings) && !create(settings, errors)) return false;
  opened().push_back(this);
  if (setUp(settings, errors)) return true;
  close();
  return false;
}

bool Tap::share(const Settings& settings) {
  for (auto other : opened())
    if (other->deviceName == settings.name && other->isTap == settings.isTap) {
      descriptor = fcntl(other->descriptor, F_DUPFD_CLOEXEC, 0);
      deviceName = other->deviceName;
      return descriptor >= 0;
    }
  return false;
}

bool Tap::create(const Settings& settings, Errors& errors) {
  descriptor = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq ask;
  memset(&ask, 0, sizeof ask);
  ask.ifr_flags = short((settings.isTap ? IFF_TAP : IFF_TUN) | IFF_NO_PI);
  strncpy(ask.ifr_name, settings.name.c_str(), IFNAMSIZ - 1);
  if (descriptor < 0 || ioctl(descriptor, TUNSETIFF, &ask) != 0) {
    errors.error(std::string("/dev/net/tun: ") + strerror(errno));
    close();
    return false;
  }
  deviceName = ask.ifr_name;
  return true;
}

bool Tap::setUp(const Settings& settings, Errors& errors) {
  Interface interface(deviceName, errors);
  if (settings.mac) {
    interface.begin();
    interface.ask.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    settings.mac->toBytes(reinterpret_cast<uint8_t*>(interface.ask.ifr_hwaddr.sa_data));
    if (!interface.set(SIOCSIFHWADDR, "could not set interface Ethernet address")) return false;
  }
  interface.begin();
  interface.ask.ifr_mtu = settings.mtu;
  if (!interface.set(SIOCSIFMTU, "could not set interface MTU")) return false;
  if (!settings.address) return true;
  if (!interface.setAddress(SIOCSIFADDR, settings.address->address, "SIOCSIFADDR failed")) return false;
  if (!interface.setAddress(SIOCSIFNETMASK, settings.address->mask, "SIOCSIFNETMASK failed")) return false;
  interface.begin();
  if (!interface.set(SIOCGIFFLAGS, "SIOCGIFFLAGS failed")) return false;
  interface.ask.ifr_flags = short(interface.ask.ifr_flags | IFF_UP);
  if (!interface.set(SIOCSIFFLAGS, "SIOCSIFFLAGS failed")) return false;
  return settings.gateway.isUnspecified() || interface.addDefaultRoute(settings.gateway);
}

void Tap::close() {
  std::erase(opened(), this);
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

PacketPtr Tap::read(unsigned headroom, int& error) {
  error = 0;
  auto packet = Packet::make(longest, headroom);
  auto got = ::read(descriptor, packet->data(), longest);
  if (got > 0) {
    packet->take(longest - unsigned(got));
    return packet;
  }
  if (got < 0 && errno != EAGAIN && errno != EINTR) error = errno;
  return nullptr;
}

int Tap::write(const Packet& packet) {
  return ::write(descriptor, packet.data(), packet.length()) == ssize_t(packet.length()) ? 0 : errno;
}

}  // namespace xylem::click
