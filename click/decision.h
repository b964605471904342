#pragma once
// A decision program: which of several outputs a packet's bytes lead to.
//
//     Decision::Condition arp = Decision::test(12, 0x08060000, 0xffff0000);
//     Decision decision;
//     decision.compile({{arp, 0}, {Decision::always(), 1}});     // rules in order; the first that holds wins
//     int output = decision.match(packet);                       // or DROP
//
// A test compares four bytes of the packet, as a big-endian number, under a mask. Where they begin is an offset: from
// the packet's first byte for Space::DATA, and for Space::HEADERS from one of the headers (MAC, NETWORK and TRANSPORT
// below). A packet that is too short for a test fails it, unless the test says otherwise.

#include <click/packet.h>

#include <memory>
#include <string>
#include <vector>

namespace xylem::click {

class Decision {
 public:
  enum class Space { DATA, HEADERS };
  static constexpr int MAC = 2, NETWORK = 256, TRANSPORT = 512;
  // Offsets of the headers. Six bytes of a MAC address need two words so, and not three.
  static constexpr int NOTHING = 1 << 24;
  // The output of a packet for which no rule holds.

  struct Node;
  using Condition = std::shared_ptr<const Node>;
  static Condition test(int offset, uint32_t value, uint32_t mask);
  static Condition always();
  static Condition all(std::vector<Condition> parts);
  static Condition any(std::vector<Condition> parts);
  static Condition choose(Condition which, Condition yes, Condition no);
  static Condition negate(Condition condition, bool shortStays = false);
  // `shortStays`: a packet that was too short for it, and so failed, still fails.

  struct Rule {
    Condition condition;
    int output;
  };
  void compile(const std::vector<Rule>& rules, Space space = Space::DATA);
  int match(const Packet& packet) const;
  std::vector<bool> used(int outputs) const;
  // Which outputs a packet can come to at all.
  std::string print() const;

 private:
  friend class DecisionCompiler;
  struct Step {
    // Where to go: a step, or below zero -1 - output.
    uint32_t mask, value;
    int32_t yes, no;
    uint16_t offset;
    uint8_t needed;
    // Bytes, of the four.
    bool isShortYes;
    uint32_t table, tableSize;
    // Of values with their targets, for steps that stand for many.
    bool operator==(const Step&) const = default;
  };
  struct Entry {
    uint32_t value;
    int32_t target;
  };
  static std::string printTarget(int target);
  template <typename Fetch> int run(Fetch fetch) const;
  int next(const Step& step, uint32_t word) const;

  std::vector<Step> steps;
  std::vector<Entry> tables;
  int32_t start = -1 - NOTHING;
  Space space = Space::DATA;
};

}  // namespace xylem::click
