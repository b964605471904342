// As a pull element it takes a batch at a time, and sleeps while whoever is upstream says that there is nothing.

#include <click/elements/standard/discard.h>

#include <algorithm>

namespace xylem::click {

const Kind Discard::KIND = kindOf<Discard>("Discard", "1/0", "a/a");

void Discard::configure(Args& args) { args.keyword("ACTIVE", isActive).keyword("BURST", burst).complete(); }

void Discard::initialize(Errors&) {
  if (inputs() == 0 || isPush(Direction::INPUT, 0)) return;
  task.initialize(*this, isActive);
  signal = upstreamEmptySignal(*this, 0, &task);
}

bool Discard::runTask(Task&) {
  if (!isActive) return false;
  Batch batch;
  input(0).pull(batch, std::min(burst, Batch::MOST));
  count += batch.size();
  if (!batch.empty() || signal.active()) task.reschedule();
  return !batch.empty();
}

void Discard::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  handlers.data("active", isActive);
  handlers.write("active", [this](const std::string& text, Errors& errors) {
    if (!read(trim(text), isActive, Reading{this, errors})) return errors.error("syntax error");
    if (isActive) task.reschedule();
  });
  handlers.button("reset_counts", [this]() { count = 0; });
}

}  // namespace xylem::click
