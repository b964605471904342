// What is done inside nodes: this process enters the node's namespaces, and becomes the command.

#include <slice/agent.h>
#include <slice/client.h>
#include <slice/launch.h>
#include <slice/live.h>
#include <slice/rights.h>
#include <slice/text.h>

#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/installed.h>

#include <cstdio>
#include <fstream>

namespace xylem::slice {

namespace {

constexpr auto PATIENCE = 10 * kj::SECONDS;
// With a node that starts.

struct Found {
  pid_t pid = 0;
  // Process 1 of the node.
  std::string state, why;
};

Found look(const std::string& name, const std::string& node) {
  Client client(name);
  if (!client.find()) return {0, "", "there is no slice \"" + name + "\" here"};
  auto answer = client.wait(client.keeper().stateRequest().send());
  for (auto each : answer.getState().getNodes()) {
    if (each.getName() != ptr(node)) continue;
    auto state = text(each.getActual());
    return {
        pid_t(each.getPid()), state,
        "node " + node + " of " + name + " is " + state + "; `xylem slice start " + name + " " + node + "` starts it"};
  }
  return {0, "", "there is no node \"" + node + "\" in " + name};
}

void await(const std::string& name, const std::string& node) {
  Client client(name);
  if (!client.find()) return;
  auto request = client.keeper().readyRequest();
  request.setNode(ptr(node));
  client.wait(request.send().ignoreResult().exclusiveJoin(client.loop.timer().afterDelay(PATIENCE)));
}

kj::Maybe<pid_t> find(const std::string& name, const std::string& node) {
  auto found = look(name, node);
  // One that starts may not be ready to be entered.
  if (found.state == "starting") {
    await(name, node);
    found = look(name, node);
  }
  if (found.pid != 0) return found.pid;
  fprintf(stderr, "xylem slice: %s\n", found.why.c_str());
  return nullptr;
}

}  // namespace

int exec(const std::string& name, const std::string& node, std::vector<std::string> command) {
  if (command.size() > 1 && command[0] == "--") command.erase(command.begin());
  KJ_IF_MAYBE (pid, find(name, node)) {
    if (agent() != nullptr) return enterByAgent(name, node, command);
    auto place = placeOf(name);
    auto doors = Groups(place.domain).doors(name, node);
    auto child = begin(*pid, doors, command, -1);
    signal(SIGINT, SIG_IGN);
    int status;
    KJ_SYSCALL(waitpid(child, &status, 0));
    return exitStatus(status);
  }
  return REFUSED;
}

int shell(const std::string& name, const std::string& node) {
  auto prompt = name + "/" + node + "# ";
  return exec(name, node, {"/usr/bin/env", "PS1=" + prompt, "/bin/sh", "-i"});
}

int cli(const std::string& name, const std::string& node, const std::vector<std::string>& commands) {
  std::vector<std::string> words{text(xrl::programDirectory()) + "/xylem", "cli"};
  // The entry point lies beside the daemons, or in the folder of programs.
  if (access(words[0].c_str(), X_OK) != 0) words[0] = "xylem";
  for (auto& each : commands) {
    words.push_back("-c");
    words.push_back(each);
  }
  return exec(name, node, words);
}

namespace {

bool writes(const std::string& name, wire::State::Node::Reader node, const std::vector<std::string>& command,
            const std::string& file) {
  // A command in the node, into a file.
  int fd;
  KJ_SYSCALL(fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), file.c_str());
  kj::AutoCloseFd out(fd);
  auto nodeName = text(node.getName());
  if (agent() != nullptr) return enterByAgent(name, nodeName, command, out) == 0;
  auto child = begin(pid_t(node.getPid()), Groups(placeOf(name).domain).doors(name, nodeName), command, out);
  int status;
  KJ_SYSCALL(waitpid(child, &status, 0));
  return exitStatus(status) == 0;
}

bool saveForwarding(const std::string& name, wire::State::Node::Reader node, const std::string& file) {
  if (writes(name, node, {text(xrl::programDirectory()) + "/xylem-fea", "--export"}, file)) return true;
  fprintf(stderr, "xylem slice: %s: cannot save what %s forwards by; %s says why\n", name.c_str(),
          node.getName().cStr(), file.c_str());
  return false;
}

void saveConfiguration(const std::string& name, wire::State::Node::Reader node, const std::string& file) {
  // As it is now; hosts and programs have none.
  auto kind = text(node.getKind());
  if (kind == "host" || kind == "exec") return;
  auto path = kind == "router" ? "/run/node/router.conf" : "/run/node/config";
  if (agent() != nullptr) {
    if (node.getPid() == 0 || !writes(name, node, {"/bin/cat", path}, file))
      fprintf(stderr, "xylem slice: %s: %s does not run, and its configuration is not saved\n", name.c_str(),
              node.getName().cStr());
    return;
  }
  // One without rights sees its folder where its processes do.
  auto folder = isRootless() ? "/proc/" + std::to_string(node.getPid()) + "/root"
                             : placeOf(name).nodeFolder(text(node.getName()));
  if (std::ifstream config(folder + path); config) std::ofstream(file) << config.rdbuf();
}

}  // namespace

int save(const std::string& name, const std::string& folder, bool forwarding, Options options) {
  Client client(name);
  if (!client.find()) {
    fprintf(stderr, "xylem slice: there is no slice \"%s\" here\n", name.c_str());
    return REFUSED;
  }
  auto answer = client.wait(client.keeper().specRequest().send());
  mkdir(folder.c_str(), 0755);
  std::ofstream(folder + "/" + name + ".slice") << text(answer.getSpec().getText());
  auto state = client.wait(client.keeper().stateRequest().send());
  for (auto node : state.getState().getNodes()) {
    if (forwarding && node.getKind() == "router" && node.getPid() != 0 &&
        !saveForwarding(name, node, folder + "/" + text(node.getName()) + ".forwarding"))
      return FAILED;
    saveConfiguration(name, node, folder + "/" + text(node.getName()) + ".conf");
  }
  if (!options.quiet && !options.json)
    printf("%s and the configurations of its nodes are in %s\n", name.c_str(), folder.c_str());
  return DONE;
}

}  // namespace xylem::slice
