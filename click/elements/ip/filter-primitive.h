#pragma once
// One elementary statement of the filter language, "src net 10/8", and what it is to test.

#include <click/args.h>
#include <click/decision.h>

namespace xylem::click {

struct Primitive {
  enum Type { NONE, INTEGER, HOST, NET, ETHER, PROTO, PORT, TCP_OPT, FRAG, UNFRAG, ECT, CE, FIELD, BROKEN };
  enum Side { UNSAID, SRC, DST, BOTH, EITHER };
  enum Relation { EQUAL, GREATER, LESS };
  static constexpr int UNKNOWN = -1, TCP_OR_UDP = 256, TRANSPORT = 257;
  // Protocols that have no number.

  struct Field {
    int protocol = UNKNOWN;
    // In the header of that one; of IP, if unknown.
    int offset = 0, length = 8;
    // In bits; it does not cross a 32-bit word.
    const char* name = nullptr;
  };

  Type type = NONE, data = NONE;
  Side side = UNSAID;
  int protocol = UNKNOWN;
  Relation relation = EQUAL;
  bool isNegated = false;
  uint32_t value = 0, mask = 0;
  Mac mac;
  Field field;
  char header = 0;
  // 'i' or 'e', if it was said.
  Type maskType = NONE;
  uint32_t givenMask = 0;
  Mac givenMac;

  void setType(Type type, Errors& errors);
  void setSide(Side side, Errors& errors);
  void setProtocol(int protocol, Errors& errors);
  bool complete(const Primitive& before, Errors& errors);
  // Fills in what was not said, from the one before, and checks the rest.
  Decision::Condition condition() const;

  static std::string print(Type type, const Field& field);
  static std::string printProtocol(int protocol);

 private:
  bool inherit(const Primitive& before, Errors& errors);
  bool check(Errors& errors);
  bool checkAddress(Errors& errors);
  bool checkProtocol(Errors& errors);
  bool checkPort(Errors& errors);
  bool checkTcpOption(Errors& errors);
  bool checkSimple(Errors& errors);
  bool setMask(uint32_t full, Errors& errors);
  bool fail(const std::string& what, Errors& errors) const;
  std::string printRelation() const;
  Decision::Condition compare(int offset, int shift) const;
  Decision::Condition both(const Decision::Condition& src, const Decision::Condition& dst) const;
  Decision::Condition ether() const;
};

}  // namespace xylem::click
