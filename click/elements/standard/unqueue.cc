// It sleeps while upstream is empty, and its task takes at most a batch at a time, so that others have their turns.

#include <click/elements/standard/unqueue.h>
#include <click/router.h>

#include <algorithm>

namespace xylem::click {

const Kind Unqueue::KIND = kindOf<Unqueue>("Unqueue", "1/1", "l/h");

void Unqueue::configure(Args& args) {
  args.positional("BURST", burst).keyword("ACTIVE", isActive).keyword("LIMIT", limit).complete();
  // No limit is as many as there will ever be.
  if (burst <= 0) burst = INT32_MAX;
}

void Unqueue::initialize(Errors&) {
  task.initialize(*this, isActive);
  signal = upstreamEmptySignal(*this, 0, &task);
}

bool Unqueue::runTask(Task&) {
  if (!isActive) return false;
  int64_t most = burst;
  if (limit >= 0) most = std::min(most, limit - int64_t(count));
  int64_t worked = 0;
  while (worked < most) {
    Batch batch;
    input(0).pull(batch, unsigned(std::min<int64_t>(router().batch, most - worked)));
    if (batch.empty()) {
      if (!signal.active()) return worked > 0;
      break;
    }
    worked += batch.size();
    count += batch.size();
    output(0).push(batch);
  }
  if (limit < 0 || int64_t(count) < limit) task.reschedule();
  return worked > 0;
}

void Unqueue::addHandlers(Handlers& handlers) {
  handlers.data("count", count);
  auto change = [this, &handlers](const char* name, auto& variable) {
    handlers.data(name, variable);
    handlers.write(name, [this, &variable](const std::string& text, Errors& errors) {
      if (!read(trim(text), variable, Reading{this, errors})) return errors.error("syntax error");
      if (isActive) task.reschedule();
    });
  };
  change("active", isActive);
  change("limit", limit);
  change("burst", burst);
  handlers.button("reset", [this]() {
    count = 0;
    task.reschedule();
  });
}

}  // namespace xylem::click
