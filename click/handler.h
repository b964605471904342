#pragma once
// Handlers: what of an element can be read and written by name while it runs.
//
//     void Counter::addHandlers(Handlers& handlers) {
//       handlers.read("count", [this]() { return std::to_string(count); });
//       handlers.button("reset", [this]() { count = 0; });
//     }

#include <click/args.h>
#include <click/errors.h>

#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace xylem::click {

struct Handler {
  enum Flags : unsigned {
    CALM = 1,
    RAW = 2,
    BUTTON = 4,
    CHECKBOX = 8,
    EXPENSIVE = 16,
    NONEXCLUSIVE = 32,
    PRIVATE = 64
  };
  // Private ones are not for control connections.

  using Read = std::function<std::string(const std::string& argument, Errors&)>;
  using Write = std::function<void(const std::string& text, Errors&)>;
  // An error that is told is the handler's failure.

  std::string name;
  unsigned flags = 0;
  bool takesArgument = false;
  Read read;
  Write write;

  std::string flagsText() const;
  // As `handlers` prints them.
};

class Handlers {
 public:
  void read(std::string name, std::function<std::string()> read, unsigned flags = 0);
  void readWith(std::string name, Handler::Read read, unsigned flags = 0);
  // It takes an argument.
  void write(std::string name, Handler::Write write, unsigned flags = 0);
  void button(std::string name, std::function<void()> press);

  template <typename T> void data(const std::string& name, const T& value) {
    // Shows a variable.
    read(name, [&value]() { return text(value); });
  }
  template <typename T> void dataRw(const std::string& name, T& value) {
    data(name, value);
    write(name, [&value](const std::string& given, Errors& errors) {
      T now{};
      if (!click::read(trim(given), now, Reading{nullptr, errors}))
        errors.error("syntax error");
      else
        value = now;
    });
  }

  template <typename T> using Format = bool (*)(const std::string& text, T& out, const Reading&);
  template <typename T>
  void setting(const std::string& name, T& value, std::function<void()> then = {},
               std::type_identity_t<Format<T>> format = click::read,
               std::type_identity_t<std::function<std::string(T)>> show = {}) {
    // Shows a variable, and sets it; `then` is called when it has been.
    read(name, [&value, show]() { return show ? show(value) : text(value); });
    write(name, [&value, then, format](const std::string& given, Errors& errors) {
      T now{};
      auto before = errors.count();
      if (!format(trim(given), now, Reading{nullptr, errors}) && errors.count() == before) errors.error("syntax error");
      if (errors.count() > before) return;
      value = now;
      if (then) then();
    });
  }

  const Handler* find(const std::string& name) const;
  std::function<Handler(const std::string& name)> others;
  // Makes handlers of any other name, when they are asked for.
  const std::vector<Handler>& all() const { return list; }

  static std::string text(bool value) { return value ? "true" : "false"; }
  static std::string text(const std::string& value) { return value; }
  static std::string text(double value);
  template <typename T> static std::string text(const T& value) requires std::is_integral_v<T> {
    return std::to_string(value);
  }

 private:
  Handler& at(std::string name, unsigned flags);

  std::vector<Handler> list;
  mutable std::map<std::string, Handler> made;
};

}  // namespace xylem::click
