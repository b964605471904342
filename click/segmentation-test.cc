#include <click/ip4.h>
#include <click/segmentation.h>
#include <gtest/gtest.h>

#include <vector>

namespace xylem::click {
namespace {

std::string frame(bool is4, uint8_t protocol, size_t header, size_t payload) {
  std::string out(14 + (is4 ? 20 : 40) + header + payload, '\0');
  auto at = reinterpret_cast<uint8_t*>(out.data());
  put16(at + 12, is4 ? 0x0800 : 0x86dd);
  auto ip = at + 14, transport = ip + (is4 ? 20 : 40);
  ip[0] = is4 ? 0x45 : 0x60;
  if (is4) {
    put16(ip + 2, uint32_t(out.size() - 14));
    put16(ip + 4, 0xffff);
    ip[9] = protocol;
  } else {
    put16(ip + 4, uint32_t(out.size() - 54));
    ip[6] = protocol;
  }
  if (protocol == ip4::TCP) {
    put32(transport + 4, 0xffffff00);
    transport[12] = uint8_t(header / 4 << 4);
    transport[13] = 0x80 | 0x10 | 0x08 | 0x01;
  }
  for (size_t i = 0; i < payload; ++i) transport[header + i] = uint8_t(i * 7);
  return out;
}

std::vector<PacketPtr> cut(const std::string& frame, uint8_t type, uint16_t size) {
  std::vector<PacketPtr> out;
  HowToCut how{};
  how.type = type;
  how.size = size;
  segment(frame, how, [&](PacketPtr packet) { out.push_back(std::move(packet)); });
  return out;
}

bool isSound(Packet& packet, bool is4, uint8_t protocol) {
  auto ip = packet.data() + 14, transport = ip + (is4 ? 20 : 40);
  auto length = unsigned(packet.end() - transport);
  if (is4 && (internetChecksum(ip, 20) != 0 || ip4::length(ip) != packet.length() - 14)) return false;
  if (!is4 && get16(ip + 4) != length) return false;
  auto pseudo = is4 ? Checksum::pseudo4(ip, length, protocol) : Checksum::pseudo6(ip, length, protocol);
  return pseudo.add(transport, length).value() == 0;
}

TEST(Segmentation, CutsTcp) {
  for (bool is4 : {true, false}) {
    auto whole = frame(is4, ip4::TCP, 32, 3500);
    auto pieces = cut(whole, is4 ? HowToCut::TCP4 : HowToCut::TCP6, 1000);
    ASSERT_EQ(pieces.size(), 4u);
    std::string payload;
    size_t headers = 14 + (is4 ? 20 : 40) + 32;
    for (size_t i = 0; i < pieces.size(); ++i) {
      auto& packet = *pieces[i];
      EXPECT_TRUE(isSound(packet, is4, ip4::TCP)) << i;
      auto tcp = packet.data() + headers - 32;
      EXPECT_EQ(get32(tcp + 4), uint32_t(0xffffff00 + 1000 * i));
      EXPECT_EQ(tcp[13], 0x10 | (i == 0 ? 0x80 : 0) | (i == 3 ? 0x09 : 0));
      if (is4) {
        EXPECT_EQ(get16(packet.data() + 18), uint16_t(0xffff + i));
      }
      payload += packet.bytes().substr(headers);
    }
    EXPECT_EQ(payload, whole.substr(headers));
  }
}

TEST(Segmentation, CutsUdp) {
  auto pieces = cut(frame(true, ip4::UDP, 8, 2500), HowToCut::UDP, 1200);
  ASSERT_EQ(pieces.size(), 3u);
  for (auto& piece : pieces) EXPECT_TRUE(isSound(*piece, true, ip4::UDP));
  EXPECT_EQ(get16(pieces[2]->data() + 38), 108);
}

TEST(Segmentation, LeavesTheRestWhole) {
  auto tcp = frame(true, ip4::TCP, 20, 3000);
  EXPECT_EQ(cut(tcp, HowToCut::NOT, 0).size(), 1u);
  EXPECT_EQ(cut(tcp, HowToCut::TCP4, 0).size(), 1u);
  EXPECT_EQ(cut(frame(true, 1, 8, 3000), HowToCut::TCP4, 1000).size(), 1u);
  EXPECT_EQ(cut(tcp.substr(0, 50), HowToCut::TCP4, 10).size(), 1u);
  auto liar = tcp;
  liar[14 + 20 + 12] = char(0xf0);
  EXPECT_EQ(cut(liar.substr(0, 90), HowToCut::TCP4, 10).size(), 1u);
}

}  // namespace
}  // namespace xylem::click
