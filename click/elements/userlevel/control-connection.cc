// Commands are split at spaces without regard to quotes and comments: what is behind the handler's name is passed on as
// it stands.

#include <click/elements/userlevel/control-connection.h>

#include <algorithm>
#include <cctype>
#include <cstring>

namespace xylem::click {

namespace {

bool space(char c) { return std::isspace(static_cast<unsigned char>(c)); }

Strings split(const std::string& line, std::string& behindSecond) {
  Strings words;
  for (size_t i = 0; i < line.size();) {
    while (i < line.size() && space(line[i])) ++i;
    auto begin = i;
    while (i < line.size() && !space(line[i])) ++i;
    if (begin < i) words.push_back(line.substr(begin, i - begin));
    if (words.size() == 3 && behindSecond.empty()) behindSecond = trim(line.substr(begin));
  }
  return words;
}

class Warnings final : public Errors {
  // As the lines of an answer.
 public:
  Strings lines;
  unsigned warnings = 0;

 private:
  void tell(Kind kind, const std::string& landmark, const std::string& text) override {
    warnings += kind == WARNING;
    gathered.say(kind, landmark, text);
    std::string rest = gathered.lines.back();
    for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
      lines.push_back(rest.substr(0, end));
    lines.push_back(rest);
  }
  GatheredErrors gathered;
};

std::string canonical(const std::string& name) {
  // ".h" and "0.h" are the global "h".
  auto dot = name.find('.');
  return dot == 0 || (dot == 1 && name[0] == '0') ? name.substr(dot + 1) : name;
}

}  // namespace

void ControlConnection::say(int code, const std::string& text, bool hasMore) {
  if (isWriteClosed) return;
  out += std::to_string(code) + (hasMore ? "-" : " ");
  for (char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
  out += "\r\n";
}

void ControlConnection::say(int code, const std::string& text, const Strings& lines) {
  say(code, text + (lines.empty() ? "" : ":"), !lines.empty());
  for (size_t i = 0; i < lines.size(); ++i) say(code, lines[i], i + 1 < lines.size());
}

bool ControlConnection::command(const ControlPolicy& policy) {
  auto end = in.find_first_of("\r\n");
  if (in.empty() || (end == std::string::npos && !isReadClosed)) return false;
  auto before = in;
  auto line = in.substr(0, end);
  in.erase(0, end == std::string::npos ? end : in.compare(end, 2, "\r\n") == 0 ? end + 2 : end + 1);
  if (run(line, policy)) return true;
  in = before;
  return false;
}

bool ControlConnection::run(const std::string& line, const ControlPolicy& policy) {
  std::string behind, data;
  auto words = split(line, behind);
  if (words.empty()) return true;
  auto command = toUpper(words[0]);
  auto is = [&command](auto... names) { return ((command == names) || ...); };
  auto wrong = [this]() { return say(SYNTAX, "Wrong number of arguments"), true; };
  auto call = [&](const std::string& value) {
    if (is("READ", "GET", "READDATA", "READUNTIL"))
      read(words[1], value, policy);
    else
      write(words[1], value, policy);
    return true;
  };
  if (is("READ", "GET", "WRITE", "SET")) return words.size() < 2 ? wrong() : call(behind);
  if (is("READDATA", "WRITEDATA", "SETDATA")) {
    if (words.size() != 3) return wrong();
    auto got = takeLength(words[2], command, data);
    return got == Data::HAVE ? call(data) : got == Data::BAD;
  }
  if (is("READUNTIL", "WRITEUNTIL")) {
    if (words.size() < 2) return wrong();
    auto got = takeUntil(behind, data);
    return got == Data::HAVE ? call(data) : got == Data::BAD;
  }
  if (is("CHECKREAD", "CHECKWRITE")) {
    if (words.size() != 2) return wrong();
    check(words[1], command == "CHECKWRITE", policy);
  } else if (is("LLRPC")) {
    if (words.size() != 2 && words.size() != 3) return wrong();
    auto got = words.size() == 3 ? takeLength(words[2], "llrpc", data) : Data::HAVE;
    if (got != Data::HAVE) return got == Data::BAD;
    llrpc(words[1], data, policy);
  } else if (is("CLOSE", "QUIT")) {
    if (words.size() != 1) say(SYNTAX, "Bad command syntax");
    say(OK, "Goodbye!");
    isReadClosed = true;
    in.clear();
  } else if (is("HELP")) {
    help();
  } else {
    say(UNIMPLEMENTED, "Command '" + command + "' unimplemented");
  }
  return true;
}

ControlConnection::Data ControlConnection::takeLength(const std::string& text, const std::string& command,
                                                      std::string& data) {
  __int128 length;
  if (!parseInteger(text, length) || length < 0) {
    say(SYNTAX, "Syntax error in '" + command + "'");
    return Data::BAD;
  }
  if (__int128(in.size()) < length) {
    if (!isReadClosed) return Data::MISSING;
    say(SYNTAX, "Not enough data");
    return Data::BAD;
  }
  data = in.substr(0, size_t(length));
  in.erase(0, size_t(length));
  return Data::HAVE;
}

ControlConnection::Data ControlConnection::takeUntil(const std::string& terminator, std::string& data) {
  for (size_t begin = 0; begin <= in.size();) {
    auto end = in.find_first_of("\r\n", begin);
    if (end == std::string::npos) break;
    auto last = end;
    while (last > begin && space(in[last - 1])) --last;
    auto next = in.compare(end, 2, "\r\n") == 0 ? end + 2 : end + 1;
    if (in.compare(begin, last - begin, terminator) == 0) {
      data = in.substr(0, begin);
      in.erase(0, next);
      return Data::HAVE;
    }
    begin = next;
  }
  if (!isReadClosed) return Data::MISSING;
  say(SYNTAX, "Connection closed");
  return Data::BAD;
}

bool ControlConnection::find(const std::string& name, const ControlPolicy& policy, Called& called) {
  called.name = canonical(name);
  called.ref.name = called.name;
  if (policy.proxy != nullptr) {
    called.ref.element = policy.proxy;
  } else if (auto dot = called.name.find('.'); dot != std::string::npos) {
    SilentErrors silent;
    called.ref.name = called.name.substr(dot + 1);
    HandlerRef ref;
    if (!policy.router->resolve(called.name, ref, nullptr, silent) || ref.element == nullptr) {
      say(NO_ELEMENT, "No element named " + quoted(called.name.substr(0, dot)));
      return false;
    }
    called.ref = ref;
  }
  called.handler = policy.router->handler(called.ref.element, called.ref.name);
  if (called.handler != nullptr && !(called.handler->flags & Handler::PRIVATE)) return true;
  say(NO_HANDLER, (policy.proxy ? "No proxied handler named " : "No handler named ") + quoted(name));
  return false;
}

void ControlConnection::read(const std::string& name, const std::string& argument, const ControlPolicy& policy) {
  Called called;
  if (!find(name, policy, called)) return;
  if (!called.handler->read) return say(PERMISSION, "Handler " + quoted(name) + " write-only");
  Warnings errors;
  called.ref.argument = argument;
  auto data = policy.router->read(called.ref, errors);
  if (errors.count() > 0) return say(UNSPECIFIED, "Read handler " + quoted(name) + " error", errors.lines);
  say(OK, "Read handler " + quoted(name) + " OK");
  sayData(data);
}

void ControlConnection::write(const std::string& name, const std::string& value, const ControlPolicy& policy) {
  Called called;
  if (!find(name, policy, called)) return;
  if (!called.handler->write) return say(PERMISSION, "Handler " + quoted(name) + " read-only");
  if (policy.isReadOnly) return say(PERMISSION, "Permission denied for " + quoted(name));
  Warnings errors;
  policy.router->write(called.ref, value, errors);
  auto text = "Write handler " + quoted(name);
  if (errors.count() > 0)
    say(HANDLER_ERROR, text + " error", errors.lines);
  else if (errors.warnings > 0)
    say(WARNED, text + " OK with warnings", errors.lines);
  else
    say(OK, text + " OK", errors.lines);
}

void ControlConnection::check(const std::string& name, bool isWrite, const ControlPolicy& policy) {
  Called called;
  if (!find(name, policy, called)) return;
  bool can = isWrite ? bool(called.handler->write) : bool(called.handler->read);
  if (!can) return say(NO_HANDLER, "Handler " + quoted(name) + (isWrite ? " not writable" : " not readable"));
  if (isWrite && policy.isReadOnly) return say(PERMISSION, "Permission denied for " + quoted(name));
  say(OK, std::string(isWrite ? "Write" : "Read") + " handler " + quoted(name) + " OK");
}

void ControlConnection::llrpc(const std::string& name, const std::string& data, const ControlPolicy& policy) {
  // No element has any; what is asked is nevertheless looked at as the original does.
  constexpr uint32_t OUT = 0x40000000, IN = 0x80000000, FLAT = 0x4000, SIZE_SHIFT = 16, SIZE_MASK = 0xfff;
  auto mark = name.find('#');
  uint32_t command = 0;
  SilentErrors silent;
  bool isNumber = mark != std::string::npos && as::hex(name.substr(mark + 1), command, Reading{nullptr, silent});
  if (!isNumber || silent.count() > 0) return say(SYNTAX, "Syntax error in LLRPC name " + quoted(name));
  Called called;
  if (!find(name.substr(0, mark) + ".name", policy, called)) return;
  auto size = (command >> SIZE_SHIFT) & SIZE_MASK;
  if (size == 0 || !(command & (IN | OUT)) || !(command & FLAT))
    return say(UNIMPLEMENTED, "Cannot call LLRPC " + quoted(name) + " remotely");
  if (policy.isReadOnly) return say(PERMISSION, "Permission denied for " + quoted(name));
  if ((command & IN) && data.size() != size)
    return say(LLRPC_ERROR, "LLRPC " + quoted(name) + " requires " + std::to_string(size) + " bytes input data");
  say(LLRPC_ERROR, "LLRPC " + quoted(name) + " error: " + strerror(EINVAL));
}

void ControlConnection::help() {
  say(OK, "Commands supported",
      {"READ handler [arg...]   call read handler, return DATA",
       "READDATA handler len    call read handler with len data bytes, return DATA",
       "READUNTIL handler term  call read handler, take data until term, return DATA",
       "WRITE handler [arg...]  call write handler", "WRITEDATA handler len   call write handler, pass len data bytes",
       "WRITEUNTIL handler term call write handler, take data until term",
       "CHECKREAD handler       check if read handler is valid",
       "CHECKWRITE handler      check if write handler is valid",
       "LLRPC elt#number [len]  call LLRPC, pass len data bytes, return DATA",
       "QUIT                    close connection"});
}

}  // namespace xylem::click
