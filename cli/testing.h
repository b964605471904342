#pragma once
// For tests: a router of one process, that tests may make say whatever they need.

#include <cli/session.h>
#include <config/testing.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xrl/connection.h>

#include <xrl/offers.h>
#include <xrl/unix.h>

#include <string>
#include <vector>

namespace xylem::cli::testing {

using namespace xrl;

struct FakeRouter {
  // Answers as Finder, as rtrmgr, and as one other, `rib`, that offers what the test has it offer.

  FakeRouter() {
    char name[] = "/tmp/cli-test-XXXXXX";
    KJ_ASSERT(mkdtemp(name) != nullptr);
    directory = kj::str(name);
    rtrmgr->add<rtrmgr::wire::Configuration>([this](Caller&) { return kj::heap<Configuration>(*this); });
    rtrmgr->add<rtrmgr::wire::Editor>([this](Caller&) { return kj::heap<Editor>(*this); });
    listening = listenUnix(kj::str(directory, "/finder"));
    accepting = kj::Promise<void>(accept()).eagerlyEvaluate(nullptr);
  }
  ~FakeRouter() {
    accepting = nullptr;
    connections.clear();
    unlink(kj::str(directory, "/finder").cStr());
    rmdir(directory.cStr());
  }

  void die() {
    accepting = nullptr;
    listening = nullptr;
    connections.clear();
  }

  Loop loop;
  kj::String directory;
  Role role = Role::OPERATOR;
  // Of all callers.

  std::string running = "system {\n    host-name r1;\n}\n";
  uint64_t generation = 1;
  std::vector<std::string> earlier;
  // rollback 1, 2, ...
  std::vector<std::string> problems;
  // Of all candidates.
  struct Committed {
    std::string text, comment;
    uint64_t base;
    uint32_t confirm;
  };
  std::vector<Committed> committed;
  bool unconfirmed = false;
  std::vector<std::string> restarted;

  kj::Own<Offers> rib = kj::refcounted<Offers>(nullptr);

 private:
  struct End final : public Finder::Socket::Server {
    explicit End(int fd) : fd(fd) {}
    kj::Maybe<int> getFd() override { return fd.get(); }
    kj::AutoCloseFd fd;
  };

  struct AsFinder final : public Finder::Server {
    explicit AsFinder(FakeRouter& router) : router(router) {}
    kj::Promise<void> connect(ConnectContext context) override {
      auto name = context.getParams().getName();
      KJ_REQUIRE(name == "rtrmgr" || name == "rib", "no such target", name);
      int ends[2];
      KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
      auto caller = kj::refcounted<Caller>();
      caller->role = router.role;
      auto services = (name == "rib" ? router.rib : router.rtrmgr)->to(kj::mv(caller));
      router.connections.add(kj::heap<Connection>(router.loop, kj::AutoCloseFd(ends[0]), kj::mv(services)));
      context.getResults().setEnd(kj::heap<End>(ends[1]));
      return kj::READY_NOW;
    }
    kj::Promise<void> targets(TargetsContext context) override {
      auto list = context.getResults().initTargets(2);
      list[0].setName("rtrmgr");
      list[0].setPid(getpid());
      list[1].setName("rib");
      return kj::READY_NOW;
    }
    FakeRouter& router;
  };

  struct Configuration final : public rtrmgr::wire::Configuration::Server {
    explicit Configuration(FakeRouter& router) : router(router) {}
    kj::Promise<void> schemas(SchemasContext context) override {
      static const struct {
        const char *name, *file;
      } known[] = {{"fea", "fea/fea.capnp"},
                   {"rib", "rib/rib.capnp"},
                   {"rip", "protocols/rip/rip.capnp"},
                   {"rtrmgr", "rtrmgr/rtrmgr.capnp"},
                   {"plain", "config/testdata/plain.capnp"}};
      static kj::Array<kj::byte> blobs[kj::size(known)];
      auto list = context.getResults().initSchemas(kj::size(known));
      for (auto i : kj::indices(known)) {
        if (blobs[i] == nullptr) blobs[i] = config::testing::schemaOf(known[i].file);
        list[i].setName(known[i].name);
        list[i].setSchema(blobs[i]);
      }
      return kj::READY_NOW;
    }
    kj::Promise<void> running(RunningContext context) override {
      context.getResults().setText(router.running.c_str());
      context.getResults().setGeneration(router.generation);
      return kj::READY_NOW;
    }
    kj::Promise<void> rollback(RollbackContext context) override {
      uint number = context.getParams().getNumber();
      KJ_REQUIRE(number <= router.earlier.size(), "there is no rollback of that number", number);
      context.getResults().setText((number == 0 ? router.running : router.earlier[number - 1]).c_str());
      return kj::READY_NOW;
    }
    FakeRouter& router;
  };

  struct Editor final : public rtrmgr::wire::Editor::Server {
    explicit Editor(FakeRouter& router) : router(router) {}
    kj::Promise<void> check(CheckContext context) override {
      fill(context.getResults().initProblems(router.problems.size()));
      return kj::READY_NOW;
    }
    kj::Promise<void> commit(CommitContext context) override {
      auto params = context.getParams();
      fill(context.getResults().initProblems(router.problems.size()));
      if (router.problems.size() > 0) return kj::READY_NOW;
      router.committed.push_back(
          Committed{params.getText().cStr(), params.getComment().cStr(), params.getBase(), params.getConfirm()});
      router.earlier.insert(router.earlier.begin(), router.running);
      router.running = params.getText().cStr();
      router.unconfirmed = params.getConfirm() > 0;
      context.getResults().setGeneration(++router.generation);
      return kj::READY_NOW;
    }
    kj::Promise<void> confirm(ConfirmContext) override {
      KJ_REQUIRE(router.unconfirmed, "nothing waits to be confirmed");
      router.unconfirmed = false;
      return kj::READY_NOW;
    }
    kj::Promise<void> restart(RestartContext context) override {
      router.restarted.push_back(context.getParams().getName().cStr());
      return kj::READY_NOW;
    }
    void fill(capnp::List<rtrmgr::wire::Problem>::Builder list) {
      for (auto i : kj::indices(router.problems)) {
        list[i].setLine(i + 1);
        list[i].setColumn(3);
        list[i].setPath("system host-name");
        list[i].setText(router.problems[i].c_str());
      }
    }
    FakeRouter& router;
  };

  Task<void> accept() {
    for (;;) {
      co_await loop.whenReadable(listening);
      int fd = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) continue;
      connections.add(kj::heap<Connection>(loop, kj::AutoCloseFd(fd), kj::heap<AsFinder>(*this)));
    }
  }

  kj::Own<Offers> rtrmgr = kj::refcounted<Offers>(nullptr);
  kj::AutoCloseFd listening;
  kj::Vector<kj::Own<Connection>> connections;
  kj::Promise<void> accepting = nullptr;
};

struct Transcript final : public Screen {
  // All that was said, as a person would see it.

  kj::Promise<void> write(kj::String text, bool paged) override {
    said += text.cStr();
    ++writes;
    everPaged = everPaged || paged;
    if (full) return kj::NEVER_DONE;
    return kj::READY_NOW;
  }
  void complain(kj::StringPtr line, uint column, kj::StringPtr text) override {
    if (column > 0) said += std::string(line.cStr()) + "\n" + std::string(column - 1, ' ') + "^\n";
    said += std::string("! ") + text.cStr() + "\n";
  }

  std::string said;
  uint writes = 0;
  bool everPaged = false, full = false;
};

struct Talk {
  // A session with that router.
  explicit Talk(FakeRouter& router)
      : router(router),
        process(router.loop, kj::str(router.directory), kj::str(), nullptr),
        session(process, screen, kj::str("me"), kj::str("main")) {
    session.begin().wait(router.loop.waitScope());
  }

  bool run(kj::StringPtr line) { return session.run(line).wait(router.loop.waitScope()); }

  std::string operator()(kj::StringPtr line) {
    // What the session says to this line.
    screen.said.clear();
    done = run(line);
    return screen.said;
  }

  bool done = true;
  FakeRouter& router;
  Transcript screen;
  Process process;
  Session session;
};

}  // namespace xylem::cli::testing
