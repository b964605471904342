// What is printed stands under the context of the element, as all that is said while it is configured.

#include <click/elements/standard/message.h>

namespace xylem::click {

const Kind Message::KIND = kindOf<Message>("Message");

void Message::configure(Args& args) {
  std::string text, type = "MESSAGE";
  if (!args.mandatory("MESSAGE", text).positional("TYPE", type, as::word).complete()) return;
  auto kind = toLower(type);
  if (kind == "message")
    args.errors.message(text);
  else if (kind == "warning")
    args.errors.warning(text);
  else if (kind == "error")
    args.error(text);
  else
    args.error("unrecognized TYPE " + quoted(type));
}

}  // namespace xylem::click
