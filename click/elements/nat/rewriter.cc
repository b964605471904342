// A flow is in its table twice, by what its packets and what its replies look like; the heap owns it. Rewriters that
// share a heap each have tables of their own, so that a flow that goes leaves its owner's.

#include <click/elements/nat/rewriter.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

Rewriter::~Rewriter() { forgetOwn(); }

Nanoseconds Rewriter::now() const { return router().scheduler.clock.steady(); }

void Rewriter::initialize(Errors&) {
  timer.initialize(*this);
  if (interval > 0) timer.scheduleAfter(interval);
}

void Rewriter::runTimer(Timer&) {
  shrink(size_t(std::max(heap->capacity, 0)));
  timer.rescheduleAfter(interval);
}

// ---- packets

void Rewriter::push(int port, PacketPtr packet) {
  auto& input = specs[size_t(port)];
  auto ip = Ip4View::of(*packet);
  auto key = ip ? keyOf(ip) : std::nullopt;
  if (!key) return pushTo(input.kind == Input::PASSES ? input.to.forward : DROP, std::move(packet));
  auto [flow, way] = find(*key);
  auto other = flow == nullptr ? otherKeyOf(ip) : std::nullopt;
  if (other) std::tie(flow, way) = find(*other);
  if (flow == nullptr) {
    if (input.kind == Input::PASSES) return pushTo(input.to.forward, std::move(packet));
    if (!mayBegin(ip)) return;
    flow = begin(port, *key, *packet, ip.protocol());
    way = FORWARD;
  }
  if (flow == nullptr) return;
  apply(*packet, ip, *flow, way);
  touch(*flow);
  pushTo(flow->outputs[way], std::move(packet));
}

void Rewriter::note(Packet& packet, Ip4View ip, const Flow& flow, Way way) const {
  if (notesDestination) packet.setDstIp(ip.destination().bits);
  if (way == REPLY && replyAnnotation) packet.setAnno8(*replyAnnotation, flow.replyAnnotation);
}

void Rewriter::apply(Packet& packet, Ip4View ip, Flow& flow, Way way) {
  auto after = flow.after(way);
  put32(ip + ip4::SRC, after.source.bits);
  put32(ip + ip4::DST, after.destination.bits);
  flow.addresses[way].apply(ip + ip4::CHECKSUM);
  note(packet, ip, flow, way);
}

// ---- flows

std::pair<Flow*, Way> Rewriter::find(const Key& key) const {
  auto found = tables[key.table].find(key.id);
  return found == tables[key.table].end() ? std::pair<Flow*, Way>(nullptr, FORWARD) : found->second;
}

std::optional<FlowId> Rewriter::rewrite(Input& input, const Key& key, PatternOutputs& to) {
  to = input.to;
  if (input.kind == Input::KEEPS) return key.id;
  std::optional<FlowId> out;
  if (input.kind == Input::PATTERN) out = input.to.pattern->rewrite(key.id, tables[key.table]);
  if (input.kind == Input::MAPPER) out = input.mapper->rewrite(key.id, tables[key.table], to);
  if (!out && input.kind != Input::DROPS) ++input.failures;
  return out;
}

Flow* Rewriter::begin(int port, const Key& key, const Packet& packet, uint8_t protocol) {
  PatternOutputs to;
  auto rewritten = rewrite(specs[size_t(port)], key, to);
  if (!rewritten) return nullptr;
  auto flow = std::make_unique<Flow>();
  flow->from = key.id;
  flow->to = *rewritten;
  flow->outputs[FORWARD] = to.forward;
  flow->outputs[REPLY] = to.reply;
  flow->protocol = protocol;
  flow->table = key.table;
  flow->owner = this;
  flow->input = port;
  if (replyAnnotation) flow->replyAnnotation = packet.anno8(*replyAnnotation);
  auto guaranteed = timesOf(key.table).guaranteed;
  flow->isGuaranteed = guaranteed > 0;
  flow->expires = now() + (flow->isGuaranteed ? guaranteed : timeoutOf(*flow));
  return store(std::move(flow));
}

Flow* Rewriter::store(std::unique_ptr<Flow> made) {
  auto& flow = *made;
  flow.serial = serial++;
  flow.settleChanges();
  auto& table = tables[flow.table];
  // A flow whose replies would look the same has to go.
  if (auto old = table.find(flow.before(REPLY)); old != table.end()) forget(*old->second.first);
  table.emplace(flow.before(FORWARD), std::pair(&flow, FORWARD));
  table.emplace(flow.before(REPLY), std::pair(&flow, REPLY));
  heap->add(std::move(made));
  auto& input = specs[size_t(flow.input)];
  ++input.count;
  if (heap->size() <= size_t(std::max(heap->capacity, 0))) return &flow;
  relax();
  auto victim = heap->first(false);
  bool isRefused = victim == nullptr || victim == &flow;
  forget(victim ? *victim : flow);
  if (!isRefused) return &flow;
  ++input.failures;
  return nullptr;
}

void Rewriter::touch(Flow& flow) {
  auto guaranteed = timesOf(flow.table).guaranteed;
  heap->setExpiry(flow, guaranteed > 0, now() + (guaranteed > 0 ? guaranteed : timeoutOf(flow)));
}

void Rewriter::unlink(Flow& flow) {
  auto& table = flow.owner->tables[flow.table];
  for (auto way : {FORWARD, REPLY})
    if (auto found = table.find(flow.before(way)); found != table.end() && found->second.first == &flow)
      table.erase(found);
  --flow.owner->specs[size_t(flow.input)].count;
}

void Rewriter::forget(Flow& flow) {
  unlink(flow);
  heap->remove(flow);
}

void Rewriter::relax() {
  // Those whose guarantee is over live on without one.
  auto time = now();
  for (auto flow = heap->first(true); flow != nullptr && flow->expires <= time; flow = heap->first(true)) {
    auto& owner = *flow->owner;
    heap->setExpiry(*flow, false, flow->expires + owner.timeoutOf(*flow) - owner.timesOf(flow->table).guaranteed);
  }
}

void Rewriter::shrink(size_t most) {
  relax();
  auto time = now();
  for (auto flow = heap->first(false); flow != nullptr && flow->expires <= time; flow = heap->first(false))
    forget(*flow);
  while (heap->size() > most) {
    auto flow = heap->first(false);
    forget(flow ? *flow : *heap->first(true));
  }
}

void Rewriter::forgetOwn() {
  for (auto flow : heap->all())
    if (flow->owner == this) heap->remove(*flow);
}

void Rewriter::takeState(Element& former, Errors&) {
  // Flows of inputs that say the same as before are kept.
  auto other = dynamic_cast<Rewriter*>(&former);
  if (other == nullptr || &other->kind() != &kind()) return;
  auto flows = other->heap->all();
  std::sort(flows.begin(), flows.end(), [](Flow* a, Flow* b) { return a->serial < b->serial; });
  for (auto flow : flows) {
    auto input = size_t(flow->input);
    if (flow->owner != other || input >= specs.size() || specs[input].text != other->specs[input].text) continue;
    if (flow->outputs[FORWARD] >= outputs() || flow->outputs[REPLY] >= outputs()) continue;
    unlink(*flow);
    auto moved = other->heap->remove(*flow);
    moved->owner = this;
    store(std::move(moved));
  }
}

std::optional<Rewriter::Translation> Rewriter::translation(uint8_t protocol, const FlowId& id) const {
  uint8_t table = protocol == ip4::TCP ? 0 : protocol == ip4::UDP ? 1 : 2;
  auto [flow, way] = find({id, table});
  if (flow == nullptr) return std::nullopt;
  return Translation{flow->before(way), flow->after(way)};
}

}  // namespace xylem::click
