#pragma once
// The arguments of an element, or of a handler, read by position and keyword:
//
//     void Queue::configure(Args& args) { args.positional("CAPACITY", capacity).complete(); }
//
// An argument `KEYWORD value` is taken by whoever asks for that keyword, wherever it stands; the others are taken in
// order. What is wrong is told under the keyword, "CAPACITY: invalid number". Variables are set by `complete`, and only
// if nothing was wrong.
//
// How a text becomes a value is said by the type, or, where a type has several forms, by one of the formats below:
//
//     args.mandatory("RATE", rate, as::bandwidth).keyword("ACTIVE", active)

#include <click/errors.h>
#include <click/text.h>
#include <click/time.h>
#include <net/ip.h>
#include <net/mac.h>

#include <functional>
#include <optional>

namespace xylem::click {

class Element;
struct Handler;

struct HandlerRef {
  // "element.handler", or the name of a global one. The element is null for those.
  Element* element = nullptr;
  std::string name;
  std::string argument;
};

struct Reading {
  // What a format may look at, and where it tells what is wrong.
  Element* element;
  Errors& errors;
};

using net::Ip4;
using net::Ip4Net;
using net::Ip6;
using net::Ip6Net;
using net::Mac;

struct Ip4Mask {
  // An address and a mask that need not be contiguous.
  Ip4 address, mask;
  bool contains(Ip4 other) const { return (other & mask) == address; }
};

// ---- formats: false is "type mismatch" unless something was told
bool read(const std::string& text, std::string& out, const Reading&);
// Unquoted.
bool read(const std::string& text, bool& out, const Reading&);
bool read(const std::string& text, int32_t& out, const Reading&);
bool read(const std::string& text, uint32_t& out, const Reading&);
bool read(const std::string& text, int64_t& out, const Reading&);
bool read(const std::string& text, uint64_t& out, const Reading&);
bool read(const std::string& text, uint16_t& out, const Reading&);
bool read(const std::string& text, uint8_t& out, const Reading&);
bool read(const std::string& text, double& out, const Reading&);
bool read(const std::string& text, Ip4& out, const Reading&);
// Also a name that AddressInfo knows.
bool read(const std::string& text, Ip4Net& out, const Reading&);
// Also an address alone (/32), `ADDR/MASK`, and with trailing bytes missing, "18.26.4/24".
bool read(const std::string& text, Ip4Mask& out, const Reading&);
bool read(const std::string& text, Ip6& out, const Reading&);
bool read(const std::string& text, Ip6Net& out, const Reading&);
bool read(const std::string& text, Mac& out, const Reading&);
bool read(const std::string& text, Element*& out, const Reading&);
bool read(const std::string& text, HandlerRef& out, const Reading&);

namespace as {
bool word(const std::string& text, std::string& out, const Reading&);
bool raw(const std::string& text, std::string& out, const Reading&);
// As it stands, quotes and all.
bool time(const std::string& text, Nanoseconds& out, const Reading&);
// "1.5", "20ms", "3 us", "1h"; bare numbers are seconds.
bool milliseconds(const std::string& text, Nanoseconds& out, const Reading&);
// Bare numbers are milliseconds.
bool bandwidth(const std::string& text, uint64_t& out, const Reading&);
// Bytes per second, from "10Mbps", "1.25 MBps" or a bare number of bytes.
bool fraction(const std::string& text, double& out, const Reading&);
// 0 to 1.
bool tcpPort(const std::string& text, uint16_t& out, const Reading&);
bool udpPort(const std::string& text, uint16_t& out, const Reading&);
bool ipProtocol(const std::string& text, uint8_t& out, const Reading&);
bool hex(const std::string& text, uint32_t& out, const Reading&);
bool annotation(const std::string& text, unsigned& out, const Reading&);
// Its offset in the annotation area.
}  // namespace as

bool parseInteger(const std::string& text, __int128& out);
// Decimal, 0x.. or 0.. (octal), with a sign.
bool parseReal(const std::string& text, double& out);
std::string print(bool value);
std::string print(double value);
// As %g with enough digits.

class Args {
 public:
  Args(Strings arguments, Element* element, Errors& errors);

  template <typename T, typename... Format> Args& mandatory(const char* keyword, T& out, Format... format) {
    return take(keyword, POSITIONAL | MANDATORY, out, format...);
  }
  template <typename T, typename... Format> Args& positional(const char* keyword, T& out, Format... format) {
    return take(keyword, POSITIONAL, out, format...);
  }
  template <typename T, typename... Format> Args& keyword(const char* keyword, T& out, Format... format) {
    return take(keyword, 0, out, format...);
  }
  template <typename T, typename... Format> Args& mandatoryKeyword(const char* keyword, T& out, Format... format) {
    return take(keyword, MANDATORY, out, format...);
  }
  template <typename T, typename... Format> Args& each(const char* keyword, std::vector<T>& out, Format... format) {
    // All arguments with this keyword.
    while (auto text = find(keyword, 0, false)) {
      T value{};
      if (convert(*text, value, format...)) later.push_back([&out, value]() { out.push_back(value); });
    }
    return *this;
  }
  Args& rest(Strings& out);
  // All that nobody has taken, keywords and all.
  bool has(const char* keyword) const;
  bool complete();
  // Nothing is left, nothing was wrong: variables are set now.
  bool consume();
  // As `complete`, but what is left may be read on.

  bool ok() const { return good; }
  void error(const std::string& text) {
    good = false;
    errors.error(text);
  }
  Errors& errors;
  Element* const element;
  size_t size() const { return arguments.size(); }

 private:
  enum { POSITIONAL = 1, MANDATORY = 2 };
  static constexpr int TAKEN = -2, PLACED = -1;

  std::optional<std::string> find(const char* keyword, int flags, bool last = true);
  void failed(const std::string& text);
  template <typename T> static bool byType(const std::string& text, T& out, const Reading& reading) {
    return read(text, out, reading);
  }
  template <typename T, typename Format = bool (*)(const std::string&, T&, const Reading&)>
  bool convert(const std::string& text, T& out, Format format = byType<T>) {
    Prefixed prefixed(errors, current + ": ");
    auto before = prefixed.count();
    if (format(text, out, Reading{element, prefixed}) && prefixed.count() == before) return true;
    if (prefixed.count() == before) prefixed.error("type mismatch");
    good = false;
    return false;
  }
  template <typename T, typename... Format> Args& take(const char* keyword, int flags, T& out, Format... format) {
    if (auto text = find(keyword, flags)) {
      T value{};
      if (convert(*text, value, format...)) later.push_back([&out, value]() { out = value; });
    }
    return *this;
  }
  template <typename T, typename... Format>
  Args& take(const char* keyword, int flags, std::optional<T>& out, Format... format) {
    if (auto text = find(keyword, flags)) {
      T value{};
      if (convert(*text, value, format...)) later.push_back([&out, value]() { out = value; });
    }
    return *this;
  }

  Strings arguments;
  std::vector<int> keywordEnd;
  // Of each argument: 0 has no keyword; TAKEN, PLACED.
  std::vector<std::function<void()>> later;
  std::string current;
  bool good = true;
};

}  // namespace xylem::click
