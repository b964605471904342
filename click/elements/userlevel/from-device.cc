// METHOD keeps the words of the Click language: all that name a packet socket are one here (click/device.h). A filter
// in the language of pcap is refused rather than overlooked.

#include <arpa/inet.h>
#include <click/elements/userlevel/from-device.h>
#include <click/plane-tables.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind FromDevice::KIND = kindOf<FromDevice>("FromDevice", "0/1-2", "/h");

void FromDevice::configure(Args& args) {
  std::string method, filter;
  bool outbound = false;
  args.mandatory("DEVNAME", deviceName)
      .positional("PROMISC", options.isPromiscuous)
      .positional("SNAPLEN", snapLength)
      .keyword("SNIFFER", isSniffer)
      .keyword("METHOD", method, as::word)
      .keyword("HOST", options.keepsHost)
      .keyword("BURST", burst)
      .keyword("OUTBOUND", outbound)
      .keyword("BPF_FILTER", filter)
      .keyword("HEADROOM", headroom)
      .keyword("FORCE_IP", forcesIp)
      .keyword("TIMESTAMP", hasTimestamp);
  if (!args.complete()) return;
  if (!filter.empty()) args.error("BPF_FILTER: not available; put an IPFilter behind this element");
  method = toLower(method);
  if (method == "xdp")
    options.method = Device::Method::XDP;
  else if (method == "mmap" || method == "linux" || method == "pcap")
    options.method = Device::Method::PACKET;
  else if (method.empty())
    options.method = isSniffer ? Device::Method::PACKET : Device::Method::XDP;
  else
    args.error("bad METHOD");
  burst = std::clamp<uint32_t>(burst, 1, Batch::MOST);
}

void FromDevice::initialize(Errors& errors) {
  std::string problem;
  device = Device::open(deviceName, options, problem);
  if (device == nullptr || !device->setExclusive(!isSniffer, options.keepsHost, problem)) return errors.error(problem);
  router().scheduler.watch(device->fd(), *this, true, false);
}

void FromDevice::takeState(Element& former, Errors&) {
  auto other = dynamic_cast<FromDevice*>(&former);
  if (other == nullptr) return;
  count = other->count;
  if (other->device == device) fastBefore = other->fastBefore;
}

void FromDevice::setFast(const std::string& text, Errors& errors) {
  bool wanted = false;
  if (!read(trim(text), wanted, Reading{this, errors})) return;
  auto path = PlaneTables::get().fastPath();
  std::string problem;
  if (wanted && path == nullptr)
    errors.error("there is no fast path");
  else if (!device->setFast(wanted ? path : nullptr, problem))
    errors.error(deviceName + ": no fast path: " + problem);
  else
    isFast = wanted;
}

void FromDevice::selected(int, bool, bool) {
  Batch batch;
  device->receive(batch);
  count += batch.size();
  if (!batch.empty()) output(0).push(batch);
}

void FromDevice::addHandlers(Handlers& handlers) {
  handlers.read("count", [this]() { return std::to_string(count + fastCount()); });
  handlers.read("fast_count", [this]() { return std::to_string(fastCount()); });
  handlers.read("fast", [this]() { return std::string(isFast ? "true" : "false"); });
  handlers.write("fast", [this](const std::string& text, Errors& errors) { setFast(text, errors); });
  handlers.read("kernel_drops", [this]() { return std::to_string(device->counts().kernelDrops); });
  handlers.read("encap", []() { return std::string("ETHER"); });
  handlers.button("reset_counts", [this]() {
    count = 0;
    fastBefore += int64_t(fastCount());
  });
  handlers.write("host", [this](const std::string& text, Errors& errors) {
    std::vector<std::string> addresses;
    for (auto& word : splitWords(text)) {
      char bytes[16];
      bool is6 = word.find(':') != std::string::npos;
      if (inet_pton(is6 ? AF_INET6 : AF_INET, word.c_str(), bytes) != 1)
        return errors.error("bad address " + quoted(word));
      addresses.emplace_back(bytes, is6 ? 16 : 4);
    }
    device->setHost(addresses);
  });
}

}  // namespace xylem::click
