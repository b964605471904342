// Connections: Cap'n Proto's RPC system on a network of two vats.
//
// The stock TwoPartyVatNetwork waits for each write and for each read by itself; this one hands messages to Frames and
// takes them from there without a promise where it can. It is symmetric: either side may ask for the other's bootstrap
// interface.

#include <xrl/connection.h>
#include <xrl/frames.h>
#include <xrl/task.h>

#include <capnp/rpc-twoparty.h>
#include <capnp/rpc.capnp.h>
#include <kj/debug.h>

namespace xylem::xrl {

namespace {

using Vats =
    capnp::VatNetwork<capnp::rpc::twoparty::VatId, capnp::rpc::twoparty::ProvisionId, capnp::rpc::twoparty::RecipientId,
                      capnp::rpc::twoparty::ThirdPartyCapId, capnp::rpc::twoparty::JoinResult>;

constexpr uint FIRST_SEGMENT = 128;
// Words: room for a call with two dozen arguments.

class Outgoing final : public capnp::OutgoingRpcMessage {
 public:
  Outgoing(Frames& frames, uint words) : frames(frames), message(words == 0 ? FIRST_SEGMENT : words) {}

  capnp::AnyPointer::Builder getBody() override { return message.getRoot<capnp::AnyPointer>(); }
  void setFds(kj::Array<int> list) override { descriptors = kj::mv(list); }
  void send() override { frames.write(message.getSegmentsForOutput(), descriptors); }
  size_t sizeInWords() override { return message.sizeInWords(); }

 private:
  Frames& frames;
  capnp::MallocMessageBuilder message;
  kj::Array<int> descriptors;
};

class Incoming final : public capnp::IncomingRpcMessage {
 public:
  explicit Incoming(Frame&& frame) : frame(kj::mv(frame)) {}

  capnp::AnyPointer::Reader getBody() override { return frame.message->getRoot<capnp::AnyPointer>(); }
  kj::ArrayPtr<kj::AutoCloseFd> getAttachedFds() override { return frame.descriptors; }
  size_t sizeInWords() override { return frame.words; }

 private:
  Frame frame;
};

}  // namespace

class Connection::Network final : public Vats, private Vats::Connection, private kj::Disposer {
 public:
  Network(Loop& loop, kj::AutoCloseFd socket, kj::Own<Caller> caller, Limits limits)
      : caller(kj::mv(caller)),
        maxQuestions(limits.questions),
        frames(loop, kj::mv(socket), limits.window, limits.message) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    gone = paf.promise.fork();
    disconnected = kj::mv(paf.fulfiller);
  }

  kj::Promise<void> onDisconnect() { return gone.addBranch(); }

  kj::Own<Caller> caller;

 private:
  kj::Maybe<kj::Own<Vats::Connection>> connect(capnp::rpc::twoparty::VatId::Reader) override { return self(); }
  kj::Promise<kj::Own<Vats::Connection>> accept() override {
    if (std::exchange(accepted, true)) return kj::NEVER_DONE;
    return self();
  }

  kj::Own<capnp::RpcFlowController> newStream() override {
    return capnp::RpcFlowController::newFixedWindowController(STREAM_WINDOW);
  }
  capnp::rpc::twoparty::VatId::Reader getPeerVatId() override { return {}; }
  kj::Own<capnp::OutgoingRpcMessage> newOutgoingMessage(uint words) override {
    return kj::heap<Outgoing>(frames, words);
  }
  kj::Promise<kj::Maybe<kj::Own<capnp::IncomingRpcMessage>>> receiveIncomingMessage() override {
    return frames.read().then(
        [this](kj::Maybe<Frame>&& frame) -> kj::Maybe<kj::Own<capnp::IncomingRpcMessage>> {
          KJ_IF_MAYBE (arrived, frame) {
            auto message = kj::heap<Incoming>(kj::mv(*arrived));
            take(message->getBody().getAs<capnp::rpc::Message>());
            return kj::Own<capnp::IncomingRpcMessage>(kj::mv(message));
          }
          caller->connected = false;
          return nullptr;
        },
        [this](kj::Exception&& problem) -> kj::Maybe<kj::Own<capnp::IncomingRpcMessage>> {
          caller->connected = false;
          kj::throwFatalException(kj::mv(problem));
        });
  }
  kj::Promise<void> shutdown() override { return frames.end(); }

  void take(capnp::rpc::Message::Reader message) {
    // The RPC system remembers each question until it is finished, for however long.
    if (message.isAbort()) caller->connected = false;
    if (message.isFinish() && questions > 0) --questions;
    if (message.isCall() || message.isBootstrap()) ++questions;
    KJ_REQUIRE(questions <= maxQuestions, "the other side does not finish its calls");
  }

  kj::Own<Vats::Connection> self() {
    ++references;
    return kj::Own<Vats::Connection>(static_cast<Vats::Connection*>(this), *this);
  }
  void disposeImpl(void*) const override {
    // The RPC system has let go of one of the references that self() gave out; it does so with the last when all is
    // over.
    auto& mine = const_cast<Network&>(*this);
    if (--mine.references == 0) mine.disconnected->fulfill();
  }

  size_t questions = 0, maxQuestions;
  Frames frames;
  bool accepted = false;
  uint references = 0;
  kj::ForkedPromise<void> gone = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> disconnected;
};

struct Connection::Rpc {
  Rpc(Network& network, capnp::Capability::Client bootstrap, size_t window) : system(network, kj::mv(bootstrap)) {
    system.setFlowLimit(window / sizeof(capnp::word));
  }
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> system;
};

Connection::Connection(Loop& loop, kj::AutoCloseFd socket, capnp::Capability::Client bootstrap, kj::Own<Caller> caller,
                       Limits limits)
    : network(kj::heap<Network>(loop, kj::mv(socket), kj::mv(caller), limits)),
      rpc(kj::heap<Rpc>(*network, kj::mv(bootstrap), limits.window)) {}

Connection::~Connection() noexcept(false) {}

capnp::Capability::Client Connection::bootstrap() {
  capnp::MallocMessageBuilder id;
  return rpc->system.bootstrap(id.getRoot<capnp::rpc::twoparty::VatId>());
}

kj::Promise<void> Connection::onDisconnect() { return network->onDisconnect(); }
Caller& Connection::caller() { return *network->caller; }

}  // namespace xylem::xrl
