#pragma once
// Task<T>: coroutines that co_await any kj::Promise or Task, for KJ 0.9.
//
//     Task<void> Session::greet() {
//       auto answer = co_await peer.helloRequest().send();
//       log.info("greeted", ...);
//     }
//
// A coroutine that returns Task<T> starts at once. It is cancelled when the Task, or the kj::Promise<T> that it became,
// is dropped, exactly as a chain of .then() would be. A Task converts to a kj::Promise<T> when moved.
//
// Logic returns Task<T> and not kj::Promise<T>, since g++ 12 dies on a coroutine whose return type has a
// noexcept(false) destructor, as KJ's owners have. That compiler also miscompiles a co_await inside a larger
// expression, so: `co_await` stands alone in a statement or an initialiser, the arguments of its call are names or
// moves of names, and there are no braces, no conditional and no switch around it. tests/lint-test.py keeps this rule.

#include <kj/async.h>
#include <kj/debug.h>
#include <coroutine>
#include <utility>

namespace xylem::xrl {

struct AwaiterBase {
  virtual void collect() = 0;  // Fetch the awaited result; called with no application code on the stack.
};

using kj::_::Event;
using kj::_::ExceptionOr;
using kj::_::ExceptionOrValue;
using kj::_::FixVoid;
using kj::_::PromiseNode;

template <typename T> struct Returning;
template <typename T> class Coroutine;

template <typename T> class [[nodiscard]] Task {
 public:
  using promise_type = Returning<T>;

  explicit Task(Coroutine<T>& frame) : frame(&frame) {}
  Task(Task&& other) : frame(std::exchange(other.frame, nullptr)) {}
  ~Task() {
    if (frame != nullptr) frame->destroy();
  }

  operator kj::Promise<T>() && {
    auto& f = *std::exchange(frame, nullptr);
    return PromiseNode::to<kj::Promise<T>>(kj::Own<PromiseNode>(&f, f));
  }

 private:
  Coroutine<T>* frame;
};

template <typename T> class Coroutine : public PromiseNode, public Event, public kj::Disposer {
  // The state behind one running coroutine: a promise node to its caller, an event to its callee.
 public:
  using Handle = std::coroutine_handle<Returning<T>>;

  Task<T> get_return_object() { return Task<T>(*this); }
  std::suspend_never initial_suspend() { return {}; }
  std::suspend_always final_suspend() noexcept {
    ready.arm();
    return {};
  }
  void unhandled_exception() {
    result.addException(KJ_ASSERT_NONNULL(kj::runCatchingExceptions([]() { throw; })));
  }

  template <typename U> auto await_transform(kj::Promise<U>&& promise) { return Awaiter<U>(*this, kj::mv(promise)); }
  template <typename U> auto await_transform(Task<U>&& task) { return Awaiter<U>(*this, kj::mv(task)); }
  void destroy() { handle().destroy(); }

  void onReady(Event* event) noexcept override { ready.init(event); }
  void get(ExceptionOrValue& output) noexcept override { output.as<FixVoid<T>>() = kj::mv(result); }
  void tracePromise(kj::_::TraceBuilder&, bool) override {}
  void traceEvent(kj::_::TraceBuilder& builder) override { ready.traceEvent(builder); }

 protected:
  kj::Maybe<kj::Own<Event>> fire() override {
    awaiting->collect();
    handle().resume();
    return nullptr;
  }
  void disposeImpl(void*) const override { const_cast<Coroutine*>(this)->destroy(); }

  ExceptionOr<FixVoid<T>> result;

 private:
  template <typename U> struct Awaiter final : AwaiterBase {
    Awaiter(Coroutine& frame, kj::Promise<U>&& promise) : frame(frame), node(PromiseNode::from(kj::mv(promise))) {}
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<>) {
      frame.awaiting = this;
      node->setSelfPointer(&node);
      node->onReady(&frame);
    }
    U await_resume() { return kj::_::convertToReturn(kj::mv(value)); }
    void collect() override {
      node->get(value);
      node = nullptr;
    }

    Coroutine& frame;
    kj::Own<PromiseNode> node;
    ExceptionOr<FixVoid<U>> value;
  };

  Handle handle();

  AwaiterBase* awaiting = nullptr;
  PromiseNode::OnReadyEvent ready;
};

template <typename T> struct Returning : Coroutine<T> {
  template <typename V> void return_value(V&& value) { this->result = ExceptionOr<T>(T(kj::fwd<V>(value))); }
};
template <> struct Returning<void> : Coroutine<void> {
  void return_void() { this->result = ExceptionOr<kj::_::Void>(kj::_::Void()); }
};
template <typename T> typename Coroutine<T>::Handle Coroutine<T>::handle() {
  return Handle::from_promise(static_cast<Returning<T>&>(*this));
}

}  // namespace xylem::xrl
