// The tag is four bytes behind the two addresses: type 0x8100, and the TCI. The annotation holds the TCI in network
// order.

#include <click/elements/ethernet/vlan.h>
#include <click/elements/tunnel/outer-ip.h>
#include <click/ethernet.h>
#include <click/ip4.h>

namespace xylem::click {

const Kind VLANEncap::KIND = kindOf<VLANEncap>("VLANEncap", "1/1", "a/a");
const Kind VLANDecap::KIND = kindOf<VLANDecap>("VLANDecap", "1/1", "a/a");
const Kind SetVLANAnno::KIND = kindOf<SetVLANAnno>("SetVLANAnno", "1/1", "a/a");
const Kind EtherVLANEncap::KIND = kindOf<EtherVLANEncap>("EtherVLANEncap", "1/1", "a/a");
const Kind StripEtherVLANHeader::KIND = kindOf<StripEtherVLANHeader>("StripEtherVLANHeader", "1/1-2", "a/ah");

namespace {

constexpr unsigned ADDRESSES = 12, HEADER = 14, TAG = 4;
constexpr uint16_t DOT1Q = 0x8100;

template <int LOW, int HIGH> bool bounded(const std::string& text, int32_t& out, const Reading& reading) {
  if (!read(text, out, reading)) return false;
  if (out < LOW || out > HIGH) reading.errors.error("out of range, bound " + std::to_string(out < LOW ? LOW : HIGH));
  return true;
}

bool tagType(const std::string& text, uint16_t& out, const Reading& reading) { return read(text, out, reading); }

void note(Packet& packet, uint16_t tci) { put16(packet.annotations() + anno::VLAN_TCI, tci); }

void setBits(uint16_t& tci, int shift, unsigned mask, int32_t value) {
  tci = uint16_t((tci & ~(mask << shift)) | unsigned(value) << shift);
}

template <int HIGH>
void addBits(Handlers& handlers, Element& element, const char* name, uint16_t& tci, int shift, bool* isAnnotation) {
  // A handler for a part of the tag.
  handlers.read(
      name, [&tci, shift]() { return std::to_string(tci >> shift & HIGH); }, Handler::CALM);
  handlers.write(name, [&element, &tci, shift, isAnnotation](const std::string& text, Errors& errors) {
    int32_t value = 0;
    Args args({trim(text)}, &element, errors);
    if (!args.mandatory("VALUE", value, bounded<0, HIGH>).complete()) return;
    setBits(tci, shift, HIGH, value);
    if (isAnnotation) *isAnnotation = false;
  });
}

}  // namespace

void VlanTag::read(Args& args) {
  std::string word;
  std::optional<int32_t> id, priority;
  args.positional("VLAN_TCI", word, as::word).positional("VLAN_PCP", priority, bounded<0, 7>);
  args.keyword("VLAN_ID", id, bounded<0, 0xfff>).keyword("NATIVE_VLAN", native, bounded<-1, 0xfff>);
  if (!args.complete()) return;
  isAnnotation = word == "ANNO";
  int32_t whole = 0;
  if (!word.empty() && !isAnnotation) {
    Args tagOnly({word}, args.element, args.errors);
    if (!tagOnly.mandatory("VLAN_TCI", whole, bounded<0, 0xffff>).complete()) return;
  }
  tci = uint16_t(whole);
  if (id) setBits(tci, 0, 0xfff, *id);
  if (priority) setBits(tci, 13, 7, *priority);
}

void VlanTag::addHandlers(Handlers& handlers, Element& element) {
  addBits<0xffff>(handlers, element, "vlan_tci", tci, 0, &isAnnotation);
  handlers.read(
      "vlan_tci", [this]() { return isAnnotation ? "ANNO" : std::to_string(tci); }, Handler::CALM);
  addBits<0xfff>(handlers, element, "vlan_id", tci, 0, &isAnnotation);
  addBits<7>(handlers, element, "vlan_pcp", tci, 13, &isAnnotation);
  handlers.data("native_vlan", native);
  addSetting(handlers, element, "native_vlan", native, bounded<-1, 0xfff>);
}

uint16_t VlanTag::of(const Packet& packet) const {
  return isAnnotation ? get16(packet.annotations() + anno::VLAN_TCI) : tci;
}

void VLANEncap::configure(Args& args) {
  args.keyword("ETHERTYPE", etherType, tagType);
  tag.read(args);
}

void VLANEncap::addHandlers(Handlers& handlers) {
  tag.addHandlers(handlers, *this);
  handlers.data("ethertype", etherType);
  addSetting(handlers, *this, "ethertype", etherType, tagType);
}

PacketPtr VLANEncap::change(PacketPtr packet) {
  if (packet->length() < HEADER) return nullptr;
  auto tci = tag.of(*packet);
  if (!tag.isNative(tci)) {
    packet->push(TAG);
    memmove(packet->data(), packet->data() + TAG, ADDRESSES);
    put16(packet->data() + ADDRESSES, etherType);
    put16(packet->data() + ADDRESSES + 2, tci);
  }
  packet->macHeader = packet->data();
  return packet;
}

int VLANDecap::step(Packet& packet) {
  if (packet.length() < HEADER) return DROP;
  uint16_t tci = 0;
  if (packet.length() >= HEADER + TAG && get16(packet.data() + ADDRESSES) == etherType) {
    tci = get16(packet.data() + HEADER);
    memmove(packet.data() + TAG, packet.data(), ADDRESSES);
    packet.pull(TAG);
  }
  packet.macHeader = packet.data();
  if (notes) note(packet, tci);
  return 0;
}

void SetVLANAnno::configure(Args& args) {
  std::optional<int32_t> whole, priority, id;
  args.positional("VLAN", id, bounded<0, 0xfff>).positional("VLAN_PCP", priority, bounded<0, 7>);
  args.keyword("VLAN_TCI", whole, bounded<0, 0xffff>).keyword("VLAN_ID", id, bounded<0, 0xfff>);
  if (!args.complete()) return;
  if (!id && !whole) return args.error("VLAN: required argument missing");
  tci = uint16_t(whole.value_or(0));
  if (id) setBits(tci, 0, 0xfff, *id);
  if (priority) setBits(tci, 13, 7, *priority);
}

void SetVLANAnno::addHandlers(Handlers& handlers) {
  for (auto name : {"vlan", "vlan_id"}) addBits<0xfff>(handlers, *this, name, tci, 0, nullptr);
  addBits<7>(handlers, *this, "vlan_pcp", tci, 13, nullptr);
  addBits<0xffff>(handlers, *this, "vlan_tci", tci, 0, nullptr);
}

int SetVLANAnno::step(Packet& packet) {
  note(packet, tci);
  return 0;
}

void EtherVLANEncap::configure(Args& args) {
  args.mandatory("ETHERTYPE", etherType).mandatory("SRC", source).mandatory("DST", destination);
  tag.read(args);
}

void EtherVLANEncap::addHandlers(Handlers& handlers) {
  tag.addHandlers(handlers, *this);
  handlers.data("ethertype", etherType);
  addSetting(handlers, *this, "ethertype", etherType, tagType);
  handlers.read(
      "src", [this]() { return ether::print(source); }, Handler::CALM);
  handlers.read(
      "dst", [this]() { return ether::print(destination); }, Handler::CALM);
  addSetting(handlers, *this, "src", source);
  addSetting(handlers, *this, "dst", destination);
}

PacketPtr EtherVLANEncap::change(PacketPtr packet) {
  auto tci = tag.of(*packet);
  auto length = HEADER + (tag.isNative(tci) ? 0 : TAG);
  packet->push(length);
  auto at = packet->data();
  destination.toBytes(at);
  source.toBytes(at + 6);
  if (length > HEADER) {
    put16(at + ADDRESSES, DOT1Q);
    put16(at + HEADER, tci);
  }
  put16(at + length - 2, etherType);
  packet->macHeader = at;
  return packet;
}

void StripEtherVLANHeader::configure(Args& args) {
  args.positional("NATIVE_VLAN", native, bounded<-1, 0xffe>).complete();
}

int StripEtherVLANHeader::step(Packet& packet) {
  if (packet.length() < HEADER) return DROP;
  bool isTagged = get16(packet.data() + ADDRESSES) == DOT1Q;
  if (isTagged ? packet.length() < HEADER + TAG : native < 0) return 1;
  note(packet, isTagged ? get16(packet.data() + HEADER) : uint16_t(native));
  packet.pull(isTagged ? HEADER + TAG : HEADER);
  return 0;
}

}  // namespace xylem::click
