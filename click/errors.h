#pragma once
// Where messages about a configuration go. All that is wrong is told, not only the first.
//
//     StandardErrors errors;                                     // "file:3: text" on standard error
//     InContext inner(errors, "file:3", "While configuring 'q :: Queue':");
//     inner.error("CAPACITY: invalid number");                   // under that line, which is told once, before the
//     first

#include <string>
#include <vector>

namespace xylem::click {

class Errors {
 public:
  enum Kind { MESSAGE, WARNING, ERROR };

  virtual ~Errors() = default;

  void error(const std::string& text) { say(ERROR, "", text); }
  void warning(const std::string& text) { say(WARNING, "", text); }
  void message(const std::string& text) { say(MESSAGE, "", text); }
  void say(Kind kind, const std::string& landmark, const std::string& text);
  // `landmark` is "file:line", or empty.

  unsigned count() const { return errors; }
  // Errors so far; warnings do not count.

 protected:
  virtual void tell(Kind kind, const std::string& landmark, const std::string& text) = 0;

 private:
  unsigned errors = 0;
};

class StandardErrors final : public Errors {
  // Prints.
  void tell(Kind kind, const std::string& landmark, const std::string& text) override;
};

class SilentErrors final : public Errors {
  // Only counts.
  void tell(Kind, const std::string&, const std::string&) override {}
};

class GatheredErrors final : public Errors {
  // Keeps the lines as they would have been printed.
 public:
  std::vector<std::string> lines;
  std::string text() const;
  // All lines, with newlines between them.

 private:
  void tell(Kind kind, const std::string& landmark, const std::string& text) override;
};

class InContext final : public Errors {
 public:
  InContext(Errors& to, std::string landmark, std::string head)
      : to(to), landmark(std::move(landmark)), head(std::move(head)) {}

 private:
  void tell(Kind kind, const std::string& at, const std::string& text) override;

  Errors& to;
  std::string landmark, head;
  bool told = false;
};

class Prefixed final : public Errors {
  // Puts a text before each message.
 public:
  Prefixed(Errors& to, std::string prefix) : to(to), prefix(std::move(prefix)) {}

 private:
  void tell(Kind kind, const std::string& at, const std::string& text) override { to.say(kind, at, prefix + text); }

  Errors& to;
  std::string prefix;
};

void announce(const std::string& line);
// On standard error, behind all that standard output has got, and to every audience.

class Audience {
  // Hears each line that is announced from its `listen` to its `leave`, or its end.
 public:
  virtual ~Audience() { leave(); }
  virtual void hear(const std::string& line) = 0;

 protected:
  void listen();
  void leave();
};

std::string quoted(const std::string& name);
// 'name'

}  // namespace xylem::click
