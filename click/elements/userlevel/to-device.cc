// What a device has no room for waits here, and nothing more is pulled until it is gone.

#include <click/elements/userlevel/from-device.h>
#include <click/elements/userlevel/to-device.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind ToDevice::KIND = kindOf<ToDevice>("ToDevice", "1/0-2", "a/h");

void ToDevice::configure(Args& args) {
  bool ignored = false;
  args.mandatory("DEVNAME", deviceName)
      .keyword("BURST", burst)
      .keyword("METHOD", method, as::word)
      .keyword("DEBUG", ignored)
      .complete();
  burst = std::clamp<uint32_t>(burst, 1, Batch::MOST);
  method = toLower(method);
}

void ToDevice::initialize(Errors& errors) {
  Device::Options options;
  options.method = method == "xdp" || (method.empty() && Device::find(deviceName, Device::Method::XDP))
                       ? Device::Method::XDP
                       : Device::Method::PACKET;
  std::string problem;
  device = Device::open(deviceName, options, problem);
  if (device == nullptr) return errors.error(problem);
  if (isPush(Direction::INPUT, 0)) return;
  task.initialize(*this, true);
  signal = upstreamEmptySignal(*this, 0, &task);
}

void ToDevice::send(Batch& batch) {
  count += device->send(batch);
  device->flush();
}

bool ToDevice::runTask(Task&) {
  if (waiting.empty()) input(0).pull(waiting, burst);
  bool worked = !waiting.empty();
  if (worked) send(waiting);
  if (!waiting.empty() || worked || signal.active()) task.reschedule();
  return worked;
}

void ToDevice::push(int port, PacketPtr packet) {
  Batch batch;
  batch.add(std::move(packet));
  pushBatch(port, batch);
}

void ToDevice::pushBatch(int, Batch& batch) {
  send(batch);
  drops += batch.size();
}

void ToDevice::takeState(Element& former, Errors&) {
  auto other = dynamic_cast<ToDevice*>(&former);
  if (other == nullptr) return;
  count = other->count;
  drops = other->drops;
  if (other->device == device) fastBefore = other->fastBefore;
}

void ToDevice::addHandlers(Handlers& handlers) {
  handlers.read("count", [this]() { return std::to_string(count + fastCount()); });
  handlers.data("drops", drops);
  handlers.button("reset_counts", [this]() {
    count = drops = 0;
    fastBefore += int64_t(fastCount());
  });
}

}  // namespace xylem::click
