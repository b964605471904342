// Bit errors are drawn by the distance from one to the next, which costs as many random numbers as there are errors.

#include <click/elements/standard/random-sample.h>
#include <click/random.h>

#include <cmath>

namespace xylem::click {

const Kind RandomSample::KIND = kindOf<RandomSample>("RandomSample", "1/1-2", "a/ah");
const Kind RandomBitErrors::KIND = kindOf<RandomBitErrors>("RandomBitErrors", "1/1", "a/a");

void RandomSample::configure(Args& args) {
  double sample = -1, drop = -1;
  if (!args.positional("P", sample)
           .keyword("SAMPLE", sample)
           .keyword("DROP", drop)
           .keyword("ACTIVE", isActive)
           .complete())
    return;
  if (sample < 0 && drop >= 0 && drop <= 1) sample = 1 - drop;
  if (sample < 0 || sample > 1) return args.error("sampling probability must be between 0 and 1");
  probability = sample;
}

int RandomSample::step(Packet&) {
  if (!isActive || Random::shared().happens(probability)) return 0;
  ++drops;
  return 1;
}

void RandomSample::addHandlers(Handlers& handlers) {
  handlers.data("drops", drops);
  handlers.setting("active", isActive);
  handlers.setting("sampling_prob", probability, {}, as::fraction);
  handlers.read("drop_prob", [this]() { return print(1 - probability); });
  handlers.write("drop_prob", [this](const std::string& text, Errors& errors) {
    double drop;
    auto before = errors.count();
    if (as::fraction(trim(text), drop, Reading{this, errors}) && errors.count() == before) probability = 1 - drop;
  });
  handlers.read(
      "config", [this]() { return "SAMPLE " + print(probability) + ", ACTIVE " + print(isActive); }, Handler::CALM);
}

void RandomBitErrors::configure(Args& args) {
  std::string word = errorKind;
  if (!args.mandatory("P", probability, as::fraction)
           .positional("KIND", word, as::word)
           .keyword("ACTIVE", isActive)
           .complete())
    return;
  errorKind = toLower(word);
  if (!isKind(errorKind)) args.error("bad action; must be FLIP, SET or CLEAR");
}

int RandomBitErrors::step(Packet& packet) {
  if (!isActive || probability <= 0) return 0;
  auto bits = uint64_t(packet.length()) * 8;
  // From one error to the next the distance is geometric.
  auto gap = [this]() {
    if (probability >= 1) return 0.0;
    return std::floor(std::log1p(-Random::shared().fraction()) / std::log1p(-probability));
  };
  for (double at = gap(); at < double(bits); at += 1 + gap()) {
    auto bit = uint64_t(at);
    auto& byte = packet.data()[bit / 8];
    uint8_t mask = uint8_t(0x80 >> (bit % 8));
    byte = errorKind == "flip" ? byte ^ mask : errorKind == "set" ? byte | mask : byte & uint8_t(~mask);
  }
  return 0;
}

void RandomBitErrors::addHandlers(Handlers& handlers) {
  handlers.setting("p_bit_error", probability, {}, as::fraction);
  handlers.data("error_kind", errorKind);
  handlers.write("error_kind", [this](const std::string& text, Errors& errors) {
    auto kind = toLower(trim(text));
    if (!isKind(kind)) return errors.error("bad action; must be FLIP, SET or CLEAR");
    errorKind = kind;
  });
  handlers.setting("active", isActive);
}

}  // namespace xylem::click
