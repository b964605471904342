// Sources of the same loop: packets are made as long as whoever is downstream has room, a burst in each turn of the
// task.

#include <click/elements/standard/infinite-source.h>
#include <click/random.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind InfiniteSource::KIND = kindOf<InfiniteSource>("InfiniteSource", "0/1", "a/a");

const Kind RandomSource::KIND = kindOf<RandomSource>("RandomSource", "0/1", "a/a");

Args& InfiniteSource::common(Args& args) {
  return args.positional("LIMIT", limit)
      .positional("BURST", burst)
      .positional("ACTIVE", isActive)
      .keyword("TIMESTAMP", hasTimestamp)
      .keyword("STOP", stops)
      .keyword("END_CALL", endCall);
}

void InfiniteSource::configure(Args& args) {
  args.positional("DATA", data);
  common(args).keyword("LENGTH", length).keyword("DATASIZE", length).complete();
  finishData(args);
}

void InfiniteSource::finishData(Args& args) {
  if (burst < 1) args.error("BURST: burst size must be > 0");
  whole = data;
  if (length >= 0 && !data.empty())
    while (whole.size() < size_t(length)) whole += data;
  if (length >= 0) whole.resize(size_t(length));
}

void InfiniteSource::initialize(Errors&) {
  if (!isPush(Direction::OUTPUT, 0)) return;
  task.initialize(*this, isActive);
  full = downstreamFullSignal(*this, 0, &task);
}

void RandomSource::configure(Args& args) {
  args.mandatory("LENGTH", length);
  if (!common(args).complete()) return;
  if (length < 0 || length > 64 * 1024) return args.error("bad length");
  finishData(args);
}

void RandomSource::fill(Packet& packet) {
  auto& random = Random::shared();
  for (unsigned i = 0; i < packet.length(); i += 8) {
    auto bytes = random.next();
    memcpy(packet.data() + i, &bytes, std::min(8u, packet.length() - i));
  }
}

PacketPtr InfiniteSource::make() {
  ++count;
  auto packet = Packet::make(whole);
  fill(*packet);
  if (hasTimestamp) packet->timestamp = router().scheduler.clock.now();
  return packet;
}

void InfiniteSource::end() {
  if (stops) router().stop();
  StandardErrors errors;
  router().call(endCall, *this, errors);
}

bool InfiniteSource::runTask(Task&) {
  if (!isActive || !full.active()) return false;
  int n = burst;
  if (limit >= 0) n = int(std::min<int64_t>(n, std::max<int64_t>(0, limit - int64_t(count))));
  for (int i = 0; i < n;) {
    Batch batch;
    for (; i < n && batch.size() < router().batch; ++i) batch.add(make());
    output(0).push(batch);
  }
  if (n > 0)
    task.reschedule();
  else if (ended())
    end();
  return n > 0;
}

PacketPtr InfiniteSource::pull(int) {
  if (!isActive || ended()) {
    if (note.active()) {
      note.sleep();
      if (isActive) end();
    }
    return nullptr;
  }
  return make();
}

void InfiniteSource::wake() {
  if (!isActive || ended()) return;
  note.wake();
  task.reschedule();
}

void InfiniteSource::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  handlers.data("limit", limit);
  handlers.data("burst", burst);
  handlers.data("active", isActive);
  handlers.data("data", data);
  handlers.data("length", length);
  auto set = [this, &handlers](const char* name, auto& variable) {
    handlers.write(name, [this, &variable](const std::string& text, Errors& errors) {
      if (!read(trim(text), variable, Reading{this, errors})) return errors.error("syntax error");
      wake();
    });
  };
  set("limit", limit);
  set("burst", burst);
  set("active", isActive);
  handlers.write("data", [this](const std::string& text, Errors&) { whole = data = text; });
  handlers.button("reset", [this]() {
    count = 0;
    wake();
  });
}

}  // namespace xylem::click
