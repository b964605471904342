#pragma once
// What a daemon derives from: its configuration and its state, typed by its own schema.
//
//     class Hello final : public xrl::Configured<hello::Config, hello::State> {
//      public:
//       explicit Hello(xrl::Process& process) : Configured(process) {}
//       xrl::Task<void> commit(hello::Config::Reader config) override { ... }
//       void state(hello::State::Builder state) override { ... }
//     };
//     int main(int argc, char** argv) { return xylem::xrl::run<Hello>("hello", argc, argv); }
//
// Readers of a configuration are valid until the first co_await.

#include <kj/vector.h>
#include <xrl/process.h>

namespace xylem::xrl {

class Problems {
  // What is wrong with a configuration.
 public:
  void add(kj::String path, kj::String text) { list.add(Entry{kj::mv(path), kj::mv(text)}); }
  // `path`: the statement, in words from the daemon's own path on: "route 10.0.0.0/8 next-hop".

  struct Entry {
    kj::String path, text;
  };
  kj::Vector<Entry> list;
};

template <typename Config, typename State> class Configured {
 public:
  explicit Configured(Process& process) : process(process) {
    process.offers->add<Daemon<Config>>([this](Caller&) { return kj::heap<AsDaemon>(*this); });
    process.offers->add<Status<State>>([this](Caller&) { return kj::heap<AsStatus>(*this); });
  }
  virtual ~Configured() noexcept(false) {}
  KJ_DISALLOW_COPY(Configured);

  virtual void check(typename Config::Reader config, Problems& problems) {}
  // Pure: say what is wrong.

  virtual kj::Maybe<kj::String> whyRestart(typename Config::Reader config) { return nullptr; }
  // Pure: why this configuration cannot be reached without a restart of the process, if so.

  virtual Task<void> commit(typename Config::Reader config) = 0;
  // Become what it says, by comparing what is with what should be. If it throws, the commit fails and the previous
  // configuration is committed again.

  virtual void settled(uint64_t generation) {}
  // All daemons have committed.

  virtual Task<void> retire() { co_return; }
  // This daemon is no longer wanted; SIGTERM follows.

  virtual void state(typename State::Builder state) = 0;

 protected:
  Process& process;

 private:
  class AsDaemon final : public Daemon<Config>::Server {
   public:
    explicit AsDaemon(Configured& self) : self(self) {}

   private:
    using Base = typename Daemon<Config>::Server;
    kj::Promise<void> check(typename Base::CheckContext context) override {
      Problems problems;
      self.check(context.getParams().getConfig(), problems);
      auto out = context.getResults().initProblems(problems.list.size());
      for (auto i : kj::indices(problems.list)) {
        out[i].setPath(problems.list[i].path);
        out[i].setText(problems.list[i].text);
      }
      return kj::READY_NOW;
    }
    kj::Promise<void> commit(typename Base::CommitContext context) override {
      auto config = context.getParams().getConfig();
      KJ_IF_MAYBE (reason, self.whyRestart(config)) {
        context.getResults().setRestart(*reason);
        return kj::READY_NOW;
      }
      return self.commit(config);
    }
    kj::Promise<void> settled(typename Base::SettledContext context) override {
      self.settled(context.getParams().getGeneration());
      return kj::READY_NOW;
    }
    kj::Promise<void> retire(typename Base::RetireContext) override { return self.retire(); }

    Configured& self;
  };

  class AsStatus final : public Status<State>::Server {
   public:
    explicit AsStatus(Configured& self) : self(self) {}

   private:
    kj::Promise<void> state(typename Status<State>::Server::StateContext context) override {
      self.state(context.getResults().initState());
      return kj::READY_NOW;
    }

    Configured& self;
  };
};

}  // namespace xylem::xrl
