// The header goes to the file at once, so that who reads it at the same time finds one. A write that fails ends it.

#include <click/elements/analysis/pcap.h>
#include <click/elements/analysis/to-dump.h>
#include <click/router.h>

#include <algorithm>
#include <cerrno>

namespace xylem::click {

const Kind ToDump::KIND = kindOf<ToDump>("ToDump", "1/0-1", "a/h");

void ToDump::configure(Args& args) {
  std::string encap = "ETHER";
  args.mandatory("FILENAME", name)
      .positional("SNAPLEN", snapLength)
      .positional("ENCAP", encap, as::word)
      .keyword("USE_ENCAP_FROM", encapFrom)
      .keyword("EXTRA_LENGTH", countsExtra)
      .keyword("NANO", isNano)
      .keyword("UNBUFFERED", isUnbuffered);
  if (!args.complete()) return;
  auto type = pcap::linkTypeNamed(encap);
  if (!type) return args.error("bad encapsulation type");
  linkType = *type;
  if (snapLength == 0) snapLength = pcap::LARGEST;
}

void ToDump::initialize(Errors& errors) {
  if (encapFrom != nullptr) {
    auto handler = router().handler(encapFrom, "encap");
    auto type = handler && handler->read ? pcap::linkTypeNamed(trim(handler->read("", errors))) : std::nullopt;
    if (!type) return errors.error(quoted(encapFrom->declaration()) + " has no 'encap' handler");
    linkType = *type;
  }
  file = name == "-" ? stdout : fopen(name.c_str(), "wb");
  if (file == nullptr) return errors.error(name + ": " + strerror(errno));
  pcap::FileHeader header{isNano ? pcap::NANO_MAGIC : pcap::MICRO_MAGIC, 2, 4, 0, 0, snapLength, linkType};
  fwrite(&header, sizeof header, 1, file);
  fflush(file);
  if (isPush(Direction::INPUT, 0)) return;
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

void ToDump::write(const Packet& packet) {
  auto time = packet.timestamp != 0 ? packet.timestamp : router().scheduler.clock.now();
  auto part = time % SECOND;
  auto captured = std::min(packet.length(), snapLength);
  auto length = uint64_t(packet.length()) + (countsExtra ? packet.anno32(anno::EXTRA_LENGTH) : 0);
  pcap::RecordHeader header{uint32_t(time / SECOND), uint32_t(isNano ? part : part / MICROSECOND), captured,
                            uint32_t(std::min<uint64_t>(length, UINT32_MAX))};
  bool isWritten =
      fwrite(&header, sizeof header, 1, file) == 1 && (captured == 0 || fwrite(packet.data(), captured, 1, file) == 1);
  if (isWritten && isUnbuffered) isWritten = fflush(file) == 0;
  if (isWritten) {
    ++count;
    return;
  }
  chatter(declaration() + ": " + name + ": " + strerror(errno));
  if (file != stdout) fclose(file);
  file = nullptr;
}

void ToDump::push(int, PacketPtr packet) {
  if (file != nullptr) write(*packet);
  pushTo(0, std::move(packet));
}

bool ToDump::runTask(Task&) {
  auto packet = input(0).pull();
  bool worked = packet != nullptr;
  if (worked) push(0, std::move(packet));
  if (worked || signal.active()) task.reschedule();
  return worked;
}

void ToDump::cleanup() {
  if (file != nullptr && file != stdout) fclose(file);
  if (file == stdout) fflush(stdout);
  file = nullptr;
}

void ToDump::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  handlers.data("filename", name);
  handlers.button("reset_counts", [this]() { count = 0; });
  handlers.button("flush", [this]() {
    if (file != nullptr) fflush(file);
  });
}

}  // namespace xylem::click
