// Several of these words have old names that configurations still use; all are accepted.

#include <click/elements/ip/formats.h>
#include <click/elements/ip/icmp-names.h>

namespace xylem::click::as {

bool addresses(const std::string& text, std::vector<Ip4>& out, const Reading& reading) {
  for (auto& word : splitWords(unquote(text))) {
    Ip4 address;
    if (!read(word, address, reading)) return false;
    out.push_back(address);
  }
  return true;
}

bool masks(const std::string& text, std::vector<Ip4Mask>& out, const Reading& reading) {
  for (auto& word : splitWords(unquote(text))) {
    Ip4Mask mask;
    if (!read(word, mask, reading)) return false;
    Ip4 address;
    // The mask takes away the bits of the host.
    if (read(word.substr(0, word.find('/')), address, reading)) mask.address = address;
    out.push_back(mask);
  }
  return true;
}

bool icmpType(const std::string& text, uint8_t& out, const Reading& reading) {
  if (auto named = icmp::typeNamed(text)) {
    out = *named;
    return true;
  }
  return read(text, out, reading);
}

bool ecn(const std::string& text, uint8_t& out, const Reading& reading) {
  static const std::pair<const char*, uint8_t> NAMES[] = {{"no", 0},   {"-", 0},      {"not-ect", 0}, {"notect", 0},
                                                          {"ect1", 1}, {"ect(1)", 1}, {"ect0", 2},    {"ect(0)", 2},
                                                          {"ect2", 2}, {"ce", 3}};
  for (auto& [name, value] : NAMES)
    if (toLower(text) == name) {
      out = value;
      return true;
    }
  if (!read(text, out, reading)) return false;
  if (out > 3) reading.errors.error("out of range, bound 3");
  return true;
}

}  // namespace xylem::click::as
