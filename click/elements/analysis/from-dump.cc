// The file is read as a stream, record by record; a record that cannot be one ends it, as does the end of the file.

#include <click/elements/analysis/from-dump.h>
#include <sys/stat.h>

#include <cerrno>

namespace xylem::click {

const Kind FromDump::KIND = kindOf<FromDump>("FromDump", "0/1-2", "a/ah");

void FromDump::configure(Args& args) {
  int64_t at = -1;
  args.mandatory("FILENAME", name)
      .positional("TIMING", keepsTime)
      .keyword("FORCE_IP", forcesIp)
      .keyword("FILEPOS", at)
      .keyword("MMAP", isMapped);
  if (common(args).complete()) position = long(at);
}

bool FromDump::open(Errors& errors) {
  if (!TraceSource::open(errors)) return false;
  pcap::FileHeader header;
  auto fail = [&](const char* text) {
    errors.error(name + ": " + text);
    return false;
  };
  if (fread(&header, sizeof header, 1, file) != 1) return fail("not a tcpdump file (too short)");
  isSwapped =
      header.magic == __builtin_bswap32(pcap::MICRO_MAGIC) || header.magic == __builtin_bswap32(pcap::NANO_MAGIC);
  auto magic = order(header.magic);
  isNano = magic == pcap::NANO_MAGIC;
  if (!isNano && magic != pcap::MICRO_MAGIC) return fail("not a tcpdump file (bad magic number)");
  if ((isSwapped ? __builtin_bswap16(header.major) : header.major) != 2) return fail("unknown major version number");
  linkType = order(header.linkType) & 0xffff;
  if (position >= 0 && fseek(file, position, SEEK_SET) != 0) return fail(strerror(errno));
  return true;
}

PacketPtr FromDump::read() {
  pcap::RecordHeader header;
  packetPosition = ftell(file);
  auto got = fread(&header, 1, sizeof header, file);
  if (got == 0) return nullptr;
  auto captured = order(header.captured), length = order(header.length);
  if (got < sizeof header || captured > pcap::LARGEST) {
    chatter(declaration() + ": " + name +
            (got < sizeof header ? ": truncated file" : ": bad packet header; giving up"));
    return nullptr;
  }
  auto packet = Packet::make(captured);
  if (captured > 0 && fread(packet->data(), captured, 1, file) != 1) {
    chatter(declaration() + ": " + name + ": truncated file");
    return nullptr;
  }
  packet->timestamp =
      Nanoseconds(order(header.seconds)) * SECOND + Nanoseconds(order(header.fraction)) * (isNano ? 1 : MICROSECOND);
  if (length > captured) packet->setAnno32(anno::EXTRA_LENGTH, length - captured);
  size_t offset;
  if (linkType == 1) packet->macHeader = packet->data();
  if (forcesIp && pcap::findIp(linkType, packet->data(), captured, offset)) {
    packet->pull(unsigned(offset));
    auto version = packet->data()[0] >> 4;
    packet->setNetworkHeader(packet->data(), version == 6 ? 40 : (packet->data()[0] & 15) * 4);
    uint32_t destination;
    memcpy(&destination, packet->data() + 16, sizeof destination);
    if (version == 4) packet->setAnno32(anno::DST_IP, destination);
  }
  return packet;
}

void FromDump::addHandlers(Handlers& handlers) {
  TraceSource::addHandlers(handlers);
  handlers.read("encap", [this]() { return pcap::linkTypeName(linkType); });
  handlers.read("packet_filepos", [this]() { return std::to_string(packetPosition); });
  handlers.read("filesize", [this]() {
    struct stat info;
    bool isKnown = file != nullptr && fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode);
    return isKnown ? std::to_string(info.st_size) : std::string("-");
  });
  handlers.write("filepos", [this](const std::string& text, Errors& errors) {
    __int128 at;
    if (!parseInteger(trim(text), at) || at < long(sizeof(pcap::FileHeader)) || at > LONG_MAX)
      return errors.error("file position must be positive");
    if (file == nullptr || fseek(file, long(at), SEEK_SET) != 0) return errors.error(strerror(errno));
    restart();
  });
}

}  // namespace xylem::click
