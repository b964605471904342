// Numbers are read by from_chars, which knows no locale; a word is a number and a unit, with nothing between or behind.

#include <slice/words.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace xylem::slice {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

std::optional<double> read(std::string_view word, const Unit* units, size_t count) {
  double value;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0) || std::isinf(value)) return std::nullopt;
  std::string_view unit(end, word.data() + word.size() - end);
  for (size_t i = 0; i < count; ++i)
    if (units[i].name == unit) return value * units[i].factor;
  return std::nullopt;
}

template <size_t N> std::optional<double> read(std::string_view word, const std::array<Unit, N>& units) {
  return read(word, units.data(), N);
}

constexpr std::array<Unit, 9> RATES{{{"", 1},
                                     {"k", 1e3},
                                     {"M", 1e6},
                                     {"G", 1e9},
                                     {"T", 1e12},
                                     {"bps", 1},
                                     {"kbps", 1e3},
                                     {"Mbps", 1e6},
                                     {"Gbps", 1e9}}};
constexpr std::array<Unit, 7> TIMES{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}}};
constexpr std::array<Unit, 4> SIZES{{{"", 1}, {"k", 1024}, {"M", 1048576}, {"G", 1073741824}}};
constexpr std::array<Unit, 2> SHARES{{{"", 1}, {"%", 0.01}}};
constexpr double LONGEST = 3650 * 86400e9;

}  // namespace

std::string word(double value) {
  char text[64];
  snprintf(text, sizeof(text), "%.6f", value);
  std::string out = text;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::optional<uint64_t> readRate(std::string_view word) {
  auto value = read(word, RATES);
  if (!value || *value < 1 || *value > 1e15) return std::nullopt;
  return uint64_t(std::llround(*value));
}

std::string printRate(uint64_t bits) {
  for (size_t i = 4; i > 0; --i)
    if (bits >= uint64_t(RATES[i].factor) && bits % uint64_t(RATES[i].factor / 1000) == 0)
      return word(double(bits) / RATES[i].factor) + std::string(RATES[i].name);
  return std::to_string(bits);
}

std::optional<kj::Duration> readTime(std::string_view word) {
  auto value = read(word, TIMES);
  if (!value && word == "0") value = 0;
  if (!value || *value > LONGEST) return std::nullopt;
  return int64_t(std::llround(*value)) * kj::NANOSECONDS;
}

std::string printTime(kj::Duration time) {
  auto count = double(time / kj::NANOSECONDS);
  if (count == 0) return "0";
  size_t unit = 0;
  while (unit < 3 && count >= TIMES[unit + 1].factor) ++unit;
  return word(count / TIMES[unit].factor) + std::string(TIMES[unit].name);
}

std::optional<double> readShare(std::string_view word) {
  auto value = read(word, SHARES);
  return value && *value <= 1 ? value : std::nullopt;
}

std::string printShare(double share) { return word(share * 100) + "%"; }

std::optional<uint64_t> readBytes(std::string_view word) {
  auto value = read(word, SIZES);
  if (!value || *value < 1 || *value > 1e15) return std::nullopt;
  return uint64_t(*value);
}

std::optional<double> readProcessors(std::string_view word) {
  auto value = read(word, SHARES);
  return value && *value >= 0.001 && *value <= 1024 ? value : std::nullopt;
}

bool isName(std::string_view word) {
  if (word.empty() || word.size() > 31 || word[0] < 'a' || word[0] > 'z') return false;
  for (char c : word)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  return true;
}

bool isDevice(std::string_view word) {
  if (word.empty() || word.size() > 15 || word == "." || word == ".." || word == "lo") return false;
  for (char c : word)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
          c == '.'))
      return false;
  return true;
}

}  // namespace xylem::slice
