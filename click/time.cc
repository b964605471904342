// Times as text.

#include <click/text.h>
#include <click/time.h>

namespace xylem::click {

std::string printSeconds(Nanoseconds time) {
  auto whole = time / SECOND, part = time % SECOND;
  if (part < 0) {
    --whole;
    part += SECOND;
  }
  return part % 1000 == 0 ? format("%lld.%06lld", (long long)whole, (long long)part / 1000)
                          : format("%lld.%09lld", (long long)whole, (long long)part);
}

std::string printDuration(Nanoseconds time) {
  auto text = printSeconds(time);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "s";
}

}  // namespace xylem::click
