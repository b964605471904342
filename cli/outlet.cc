// The pipeline calls back for each line; what it lets through is gathered, so that a batch of rows is one write.

#include <cli/outlet.h>

#include <fcntl.h>
#include <kj/debug.h>

namespace xylem::cli {

Outlet::Outlet(Screen& screen, kj::ArrayPtr<const Pipe> pipes)
    : screen(screen), pipeline(pipes, [this](kj::StringPtr line) { gathered.addAll(line); }) {
  for (auto& pipe : pipes) {
    if (pipe.kind == Pipe::JSON) format.json = true;
    if (pipe.kind == Pipe::DETAIL) format.detail = true;
    if (pipe.kind == Pipe::DISPLAY_SET) set = true;
    if (pipe.kind == Pipe::SVG) draws = true;
    if (pipe.kind == Pipe::NO_MORE) paged = false;
    if (pipe.kind == Pipe::SAVE) {
      path = kj::str(pipe.argument);
      int fd;
      KJ_SYSCALL(fd = open(path.cStr(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666), path);
      file = kj::AutoCloseFd(fd);
    }
  }
}

kj::Promise<void> Outlet::write(kj::String text) {
  if (draws) {
    graph.addAll(text);
    return kj::READY_NOW;
  }
  pipeline.write(text);
  return pass();
}

kj::String Outlet::takeGraph() {
  draws = false;
  graph.add('\0');
  return kj::String(graph.releaseAsArray());
}

Output Outlet::output() {
  return [this](kj::String text) { return write(kj::mv(text)); };
}

kj::Promise<void> Outlet::end() {
  pipeline.end();
  return pass();
}

kj::Promise<void> Outlet::pass() {
  if (gathered.size() == 0) return kj::READY_NOW;
  KJ_IF_MAYBE (fd, file) {
    kj::FdOutputStream(fd->get()).write(gathered.begin(), gathered.size());
    gathered.clear();
    return kj::READY_NOW;
  }
  gathered.add('\0');
  return screen.write(kj::String(gathered.releaseAsArray()), paged);
}

}  // namespace xylem::cli
