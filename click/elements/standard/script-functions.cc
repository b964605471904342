// Numbers are integers of 64 bits for as long as all words are integers, else floating point. Comparisons fall back to
// strings when a word is no number.

#include <arpa/inet.h>
#include <click/args.h>
#include <click/elements/standard/script-functions.h>
#include <click/random.h>
#include <signal.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

namespace xylem::click {

namespace {

using Result = std::optional<std::string>;

Result fail(Errors& errors, const std::string& text) {
  errors.error(text);
  return std::nullopt;
}

Result truth(bool value) { return print(value); }
Result real(double value) { return format("%.12g", value); }

bool integer(const std::string& word, int64_t& out) {
  __int128 value;
  if (!parseInteger(word, value) || value < INT64_MIN || value > INT64_MAX) return false;
  out = int64_t(value);
  return true;
}

bool boolean(const std::string& word, bool& out) {
  SilentErrors silent;
  return read(word, out, Reading{nullptr, silent});
}

// ---- lists of numbers

int64_t wrap(__int128 value) { return int64_t(uint64_t(value)); }

template <char OP> int64_t combine(int64_t a, int64_t b) {
  switch (OP) {
    case '+':
      return wrap(__int128(a) + b);
    case '-':
      return wrap(__int128(a) - b);
    case '*':
      return wrap(__int128(a) * b);
    case '<':
      return std::min(a, b);
    default:
      return std::max(a, b);
  }
}

template <char OP> double combine(double a, double b) {
  switch (OP) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '<':
      return std::min(a, b);
    case '>':
      return std::max(a, b);
    default:
      return a / b;
  }
}

template <char OP> Result fold(std::string text, Errors& errors) {
  // '/' is the quotient, '\\' the quotient cut to an integer.
  constexpr bool divides = OP == '/' || OP == '\\';
  constexpr int EMPTY = OP == '*' || divides;
  int64_t whole = EMPTY, next = 0;
  double sum = EMPTY, part = 0;
  bool isReal = divides, isFirst = true;
  for (auto& word : splitWords(text)) {
    if (!isReal && !integer(word, next)) {
      isReal = true;
      sum = double(whole);
    }
    if (isReal && !parseReal(word, part) && !(integer(word, next) && ((part = double(next)), true)))
      return fail(errors, "expected list of numbers");
    if (isFirst) {
      whole = next;
      sum = part;
    } else if (isReal) {
      sum = combine<OP>(sum, part);
    } else if constexpr (!divides) {
      whole = combine<OP>(whole, next);
    }
    isFirst = false;
  }
  if (OP == '\\') return std::isfinite(sum) && std::fabs(sum) < 9e18 ? Result(std::to_string(int64_t(sum))) : real(sum);
  return isReal ? real(sum) : std::to_string(whole);
}

template <bool WHOLE> Result remainder(std::string text, Errors& errors) {
  auto words = splitWords(text);
  int64_t a, b;
  double x, y;
  if (words.size() == 2 && integer(words[0], a) && integer(words[1], b))
    return b == 0 ? fail(errors, "division by zero") : std::to_string(b == -1 ? 0 : a % b);
  if (WHOLE || words.size() != 2 || !parseReal(words[0], x) || !parseReal(words[1], y))
    return fail(errors, "expected two numbers");
  return real(std::fmod(x, y));
}

template <bool ABSOLUTE> Result sign(std::string text, Errors& errors) {
  int64_t whole;
  double value;
  if (integer(trim(text), whole)) return std::to_string(!ABSOLUTE || whole < 0 ? wrap(-__int128(whole)) : whole);
  if (!parseReal(trim(text), value)) return fail(errors, "expected one number");
  return real(ABSOLUTE ? std::fabs(value) : -value);
}

template <bool LESS, bool EQUAL, bool GREATER> Result compare(std::string text, Errors& errors) {
  auto words = splitWords(text);
  if (words.size() != 2) return fail(errors, "expected two numbers");
  int64_t a, b;
  double x, y;
  int order;
  if (integer(words[0], a) && integer(words[1], b))
    order = a < b ? -1 : a > b;
  else if (parseReal(words[0], x) && parseReal(words[1], y))
    order = x < y ? -1 : x > y;
  else
    order = unquote(words[0]).compare(unquote(words[1]));
  return truth(order < 0 ? LESS : order == 0 ? EQUAL : GREATER);
}

// ---- truth

Result negation(std::string text, Errors& errors) {
  bool value;
  return boolean(trim(text), value) ? truth(!value) : fail(errors, "syntax error");
}

template <bool ALL, bool INVERTED> Result junction(std::string text, Errors& errors) {
  bool value = ALL, next;
  for (auto& word : splitWords(text)) {
    if (value != ALL) break;
    if (!boolean(word, next)) return fail(errors, "syntax error");
    value = next;
  }
  return truth(value != INVERTED);
}

Result choice(std::string text, Errors& errors) {
  auto words = splitWords(text);
  bool which;
  if (words.empty() || !boolean(words[0], which)) return fail(errors, "syntax error");
  size_t at = which ? 1 : 2;
  return at < words.size() ? words[at] : std::string();
}

Result membership(std::string text, Errors&) {
  auto words = splitWords(text);
  for (size_t i = 1; i < words.size(); ++i)
    if (unquote(words[i]) == unquote(words[0])) return truth(true);
  return truth(false);
}

// ---- text

struct Directive {
  // One `%...` of a format.
  std::string flags;
  int half = 0, longs = 0;
  char conversion = 0;
};

bool count(std::string& arguments, std::string_view text, size_t& at, std::string& out) {
  // A width or precision: digits, or a `*` that takes an argument.
  if (at < text.size() && text[at] == '*') {
    int64_t value;
    if (!integer(shiftWord(arguments), value) || value < -4096 || value > 4096) return false;
    out += std::to_string(value);
    ++at;
    return true;
  }
  auto begin = at;
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) out += text[at++];
  return at - begin <= 4;
}

bool directive(std::string& arguments, std::string_view text, size_t& at, Directive& out) {
  out.flags = "%";
  for (++at; at < text.size() && std::string_view("0#- +").find(text[at]) != std::string_view::npos; ++at)
    out.flags += text[at];
  if (!count(arguments, text, at, out.flags)) return false;
  if (at < text.size() && text[at] == '.') {
    std::string precision;
    ++at;
    if (!count(arguments, text, at, precision) || precision.starts_with('-')) return false;
    if (!precision.empty()) out.flags += "." + precision;
  }
  for (; at < text.size() && std::string_view("hlLq").find(text[at]) != std::string_view::npos; ++at)
    (text[at] == 'h' ? out.half : out.longs)++;
  if (at == text.size()) return false;
  out.conversion = text[at++];
  return true;
}

Result sprintf(std::string arguments, Errors& errors) {
  auto text = unquote(shiftWord(arguments));
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '%') {
      out += text[i++];
      continue;
    }
    Directive found;
    if (!directive(arguments, text, i, found)) return fail(errors, "syntax error");
    int64_t value = 0;
    switch (found.conversion) {
      case '%':
        out += '%';
        break;
      case 's': {
        auto word = shiftWord(arguments);
        if (word.empty()) return fail(errors, "syntax error");
        out += format((found.flags + "s").c_str(), unquote(word).c_str());
        break;
      }
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X': {
        __int128 given;
        if (!parseInteger(shiftWord(arguments), given)) return fail(errors, "syntax error");
        bool isSigned = found.conversion == 'd' || found.conversion == 'i';
        if (!isSigned && given < 0) return fail(errors, "syntax error");
        value = int64_t(given);
        if (found.half) value = isSigned ? int64_t(int16_t(value)) : int64_t(uint16_t(value));
        out += format((found.flags + "ll" + found.conversion).c_str(), (long long)value);
        break;
      }
      default:
        return fail(errors, "syntax error");
    }
  }
  if (!arguments.empty()) return fail(errors, "syntax error");
  return out;
}

Result first(std::string text, Errors&) { return shiftWord(text); }
Result length(std::string text, Errors&) { return std::to_string(text.size()); }
Result unquoted(std::string text, Errors&) { return unquote(text); }

Result random(std::string text, Errors& errors) {
  auto words = splitWords(text);
  int64_t low = 0, high = 0;
  if (words.empty()) return std::to_string(Random::shared().below(uint64_t(1) << 31));
  bool isRange = words.size() == 2;
  if (words.size() > 2 || !integer(words.back(), high) || (isRange && !integer(words[0], low)) || low < 0 ||
      high > UINT32_MAX)
    return fail(errors, "bad N");
  if (!isRange) --high;
  if (high < low) return fail(errors, "bad N");
  return std::to_string(low + int64_t(Random::shared().below(uint64_t(high - low) + 1)));
}

template <typename T, T (*SWAP)(T)> Result swapped(std::string text, Errors& errors) {
  int64_t value;
  return integer(trim(text), value) ? std::to_string(SWAP(T(value))) : fail(errors, "syntax error");
}

uint16_t swap16(uint16_t value) { return htons(value); }
uint32_t swap32(uint32_t value) { return htonl(value); }

// ---- the world

Result contents(std::string text, Errors& errors) {
  auto name = unquote(text);
  if (name.empty()) return fail(errors, "bad FILE");
  std::ifstream file(name, std::ios::binary);
  if (!file) return fail(errors, name + ": " + strerror(errno));
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

Result quotedContents(std::string text, Errors& errors) {
  auto bytes = contents(text, errors);
  return bytes ? Result(quote(*bytes)) : std::nullopt;
}

Result sendSignal(std::string text, Errors& errors) {
  auto signo = signalNumber(shiftWord(text));
  if (!signo) return fail(errors, "bad SIGNO");
  for (auto& word : splitWords(text)) {
    int64_t pid;
    if (!integer(word, pid) || pid <= 0 || pid > INT32_MAX) return fail(errors, "bad PID");
    if (kill(pid_t(pid), *signo) != 0)
      return fail(errors, format("kill(%lld, %d): %s", (long long)pid, *signo, strerror(errno)));
  }
  return "";
}

constexpr ScriptFunction ALL[] = {
    {"add", fold<'+'>},
    {"sub", fold<'-'>},
    {"min", fold<'<'>},
    {"max", fold<'>'>},
    {"mul", fold<'*'>},
    {"div", fold<'/'>},
    {"idiv", fold<'\\'>},
    {"mod", remainder<true>},
    {"rem", remainder<false>},
    {"neg", sign<false>},
    {"abs", sign<true>},
    {"eq", compare<false, true, false>},
    {"ne", compare<true, false, true>},
    {"gt", compare<false, false, true>},
    {"ge", compare<false, true, true>},
    {"lt", compare<true, false, false>},
    {"le", compare<true, true, false>},
    {"not", negation},
    {"sprintf", sprintf},
    {"first", first},
    {"random", random},
    {"and", junction<true, false>},
    {"or", junction<false, false>},
    {"nand", junction<true, true>},
    {"nor", junction<false, true>},
    {"if", choice},
    {"in", membership},
    {"length", length},
    {"unquote", unquoted},
    {"htons", swapped<uint16_t, swap16>},
    {"htonl", swapped<uint32_t, swap32>},
    {"ntohs", swapped<uint16_t, swap16>},
    {"ntohl", swapped<uint32_t, swap32>},
    {"cat", contents, true},
    {"catq", quotedContents, true},
    {"kill", sendSignal, true},
};

}  // namespace

std::span<const ScriptFunction> scriptFunctions() { return ALL; }

std::optional<int> signalNumber(const std::string& word) {
  static const std::pair<const char*, int> NAMES[] = {{"ABRT", SIGABRT}, {"HUP", SIGHUP},   {"INT", SIGINT},
                                                      {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT}, {"TERM", SIGTERM},
                                                      {"TSTP", SIGTSTP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
  for (auto& [name, number] : NAMES)
    if (word == name) return number;
  int64_t number;
  if (!integer(word, number) || number < 0 || number >= 32) return std::nullopt;
  return int(number);
}

}  // namespace xylem::click
