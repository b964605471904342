#pragma once
// One conversation of a ControlSocket: text in, text out. Protocol Click::ControlSocket/1.3, lines that end with CRLF:
//
//     READ handler [arguments]      READDATA handler length       READUNTIL handler terminator
//     WRITE handler [value]         WRITEDATA handler length      WRITEUNTIL handler terminator
//     CHECKREAD handler             CHECKWRITE handler            LLRPC element#number [length]     HELP     QUIT
//
// Answers are "code text" lines, all but the last with a dash; what was read follows as "DATA length" and those bytes.

#include <click/router.h>

#include <string>

namespace xylem::click {

struct ControlPolicy {
  Router* router;
  Element* proxy = nullptr;
  // All handlers are asked of this one.
  bool isReadOnly = false;
};

class ControlConnection {
 public:
  std::string in, out;
  bool isReadClosed = false, isWriteClosed = false;
  // Nothing more comes from the other side; nothing more goes there.

  void greet() { out += "Click::ControlSocket/1.3\r\n"; }
  bool command(const ControlPolicy& policy);
  // Answers the first command in `in`, and takes it away; false if there is no whole one.

 private:
  enum Code {
    OK = 200,
    WARNED = 220,
    SYNTAX = 500,
    UNIMPLEMENTED = 501,
    NO_ELEMENT = 510,
    NO_HANDLER = 511,
    HANDLER_ERROR = 520,
    LLRPC_ERROR = 522,
    PERMISSION = 530,
    UNSPECIFIED = 590
  };
  struct Called {
    std::string name;
    HandlerRef ref;
    const Handler* handler = nullptr;
  };
  enum class Data { HAVE, MISSING, BAD };

  bool run(const std::string& line, const ControlPolicy& policy);
  // False if it waits for data.
  Data takeLength(const std::string& text, const std::string& command, std::string& data);
  Data takeUntil(const std::string& terminator, std::string& data);
  bool find(const std::string& name, const ControlPolicy& policy, Called& out);
  void read(const std::string& name, const std::string& argument, const ControlPolicy& policy);
  void write(const std::string& name, const std::string& value, const ControlPolicy& policy);
  void check(const std::string& name, bool isWrite, const ControlPolicy& policy);
  void llrpc(const std::string& name, const std::string& data, const ControlPolicy& policy);
  void help();
  void say(int code, const std::string& text, bool hasMore = false);
  void say(int code, const std::string& text, const Strings& lines);
  void sayData(const std::string& data) { out += "DATA " + std::to_string(data.size()) + "\r\n" + data; }
};

}  // namespace xylem::click
