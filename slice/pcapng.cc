// Every block begins and ends with its length; what is in it is padded to four bytes.

#include <slice/pcapng.h>

namespace xylem::slice {

namespace {

constexpr uint32_t SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6, SECTION_MAGIC = 0x1a2b3c4d;
constexpr uint16_t ETHERNET = 1, OPTION_END = 0, OPTION_NAME = 2, OPTION_RESOLUTION = 9;

template <typename T> void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void pad(std::string& to) { to.resize((to.size() + 3) / 4 * 4); }

void option(std::string& to, uint16_t code, const std::string& value) {
  put(to, code);
  put(to, uint16_t(value.size()));
  to += value;
  pad(to);
}

std::string block(uint32_t type, std::string body) {
  pad(body);
  std::string out;
  auto size = uint32_t(body.size() + 12);
  put(out, type);
  put(out, size);
  out += body;
  put(out, size);
  return out;
}

}  // namespace

std::string pcapngHead(const std::vector<std::string>& interfaces) {
  std::string section;
  put(section, SECTION_MAGIC);
  put(section, uint16_t(1));
  put(section, uint16_t(0));
  put(section, int64_t(-1));
  auto out = block(SECTION, section);
  for (auto& name : interfaces) {
    std::string body;
    put(body, ETHERNET);
    put(body, uint16_t(0));
    put(body, uint32_t(0));
    option(body, OPTION_NAME, name);
    option(body, OPTION_RESOLUTION, std::string(1, 9));
    option(body, OPTION_END, "");
    out += block(INTERFACE, body);
  }
  return out;
}

std::string pcapngPacket(uint32_t interface, uint64_t nanoseconds, kj::ArrayPtr<const char> captured, uint32_t length) {
  std::string body;
  put(body, interface);
  put(body, uint32_t(nanoseconds >> 32));
  put(body, uint32_t(nanoseconds));
  put(body, uint32_t(captured.size()));
  put(body, length);
  body.append(captured.begin(), captured.size());
  return block(PACKET, body);
}

}  // namespace xylem::slice
