#pragma once
// Script(INSTRUCTION, ..., [TYPE ACTIVE]), DriverManager(INSTRUCTION, ...)
//
// Runs instructions one after the other, to steer a router: they set variables, call handlers, wait, and stop it.
//
//     set VAR TEXT, setq ...            the variable becomes the text; q: unquoted
//     init VAR TEXT, initq ...          ... once, when the router starts
//     export VAR [TEXT], exportq ...    ... and it is a read handler of this name
//     print [>FILE|>>FILE] TEXT|HANDLER prints a line on standard output or into a file: what begins with a letter, @
//     or _ is
//                                       a read handler; printn without newline; printq, printnq unquote the arguments
//     save HANDLER FILE, append ...     writes or appends the value of a handler to a file
//     read HANDLER [ARGS], readq ...    prints the value and the name of the handler on standard error
//     write HANDLER [TEXT], writeq ...  calls a write handler; its status is $?
//     pause [COUNT]                     waits until `step` was called so often; also wait_step, wait_stop, wait
//     wait TIME                         waits so long, or until a step; also wait_for, wait_time
//     label NAME, goto NAME [CONDITION], loop
//     end, exit, stop, return [VALUE], returnq, error [TEXT], errorq
//
// In all texts these are replaced: $VAR, $(HANDLER ARGUMENTS), $? (status), $args, $1 ... $9, $# (of `run`), $0 (the
// handler that was called), $write (was it written?), $input (the port of a packet), $$ (the process). `goto begin`,
// `end`, `exit`, `stop`, `error` need no label. 1000 jumps without waiting end a script.
//
// TYPE is when it runs: ACTIVE at once; PASSIVE, when `run` is called; PROXY, when any handler that it does not have is
// called; PACKET, for each packet, whose output is the value returned; SIGNAL NAME ..., when the process gets that
// signal; DRIVER, as ACTIVE, and it is stepped each time the router would stop, which ends the router only when the
// script has come to `stop`. A DriverManager is a Script of that type.
//
// Ports: none; PACKET: any inputs, agnostic, and outputs, of which all but the first push.
// Handlers: run (rw), step, goto (w). All functions of click/elements/standard/script-functions.h, now, readable,
// writable,
//   get, shift (r, with arguments). set (w).
// Example: Script(set x 0, label again, print $x, set x $(add $x 1), goto again $(lt $x 5), stop);

#include <click/element.h>
#include <click/scheduler.h>

#include <map>

namespace xylem::click {

class Script : public Element {
 public:
  static const Kind KIND;
  ~Script() override;
  void configure(Args& args) override;
  void initialize(Errors& errors) override;
  void addHandlers(Handlers& handlers) override;
  void push(int port, PacketPtr packet) override;
  PacketPtr pull(int port) override;
  void runTimer(Timer&) override;
  void selected(int fd, bool readable, bool writable) override;

 protected:
  enum Type { ACTIVE, PASSIVE, PROXY, PACKET, SIGNAL, DRIVER };
  Type type = ACTIVE;

 private:
  enum Op {
    START,
    PAUSE,
    WAIT,
    PRINT,
    READ,
    WRITE,
    SET,
    INIT,
    EXPORT,
    SAVE,
    APPEND,
    LABEL,
    GOTO,
    LOOP,
    RETURN,
    END,
    EXIT,
    STOP,
    ERROR
  };
  enum class Step { HANDLER, ROUTER, RUN };
  enum class Ended { NOT, BLOCKED, DONE, STOPPED, FAILED };
  struct Instruction {
    Op op;
    std::string text, variable;
    bool unquotes = false, hasNewline = true;
    unsigned count = 0, done = 0;
    // Of a pause.
    int target = 0;
    // Of a jump; negative: -op of what it does there.
  };
  struct Word {
    const char* name;
    Op op;
    bool unquotes, hasNewline;
  };
  static const Word WORDS[];

  bool readType(const std::string& text, Args& args);
  bool readInstruction(std::string text);
  bool readVariable(Instruction& instruction, std::string& text);
  void add(Instruction instruction);
  int target(const std::string& label) const;
  bool starts(Errors& errors);

  std::string expand(const std::string& text, Errors& errors, bool isProtected = false);
  std::optional<std::string> lookup(const std::string& name, bool isHandler, Errors& errors);
  std::string text(const Instruction& instruction, Errors& errors);

  void run(int steps, Step how, Errors& errors);
  bool perform(size_t at, int& steps, Step how, Errors& errors);
  // False when it goes no further for now.
  bool wait(const Instruction& instruction, int& steps, Errors& errors);
  bool jump(size_t at, Errors& errors);
  void print(const Instruction& instruction, Errors& errors);
  void print(std::string text, bool unquotes, bool hasNewline, Errors& errors);
  std::string call(const std::string& text, bool unquotes, Errors& errors, bool isTold = false);
  void write(const Instruction& instruction, Errors& errors);
  void end(Op op);
  void finish();
  std::string begin(const std::string& handler, const std::string& args, bool isWrite, Errors& errors);
  int portFor(int input);
  void stepHandler(const std::string& text, Errors& errors);
  void gotoHandler(const std::string& text, Errors& errors);
  bool stepRouter();
  void addVariableHandlers(Handlers& handlers);
  void catchSignals();

  std::vector<Instruction> instructions;
  std::map<std::string, std::string> variables;
  std::vector<int> signals;
  int pipe[2] = {-1, -1};
  // Signals come through it.
  size_t position = 0;
  unsigned jumps = 0;
  int status = 0;
  // Of the last write.
  Op ended = START;
  // What the script came to last, START while it goes on.
  bool isRunning = false;
  int pendingSteps = 0;
  std::string handlerName, arguments;
  bool isWritten = false;
  Timer timer;
};

class DriverManager final : public Script {
 public:
  static const Kind KIND;
  DriverManager() { type = DRIVER; }
};

}  // namespace xylem::click
