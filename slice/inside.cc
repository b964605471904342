// What is done inside nodes: this process enters the node's namespaces, and becomes the command.

#include <slice/client.h>
#include <slice/launch.h>
#include <slice/live.h>
#include <slice/text.h>

#include <kj/debug.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xrl/installed.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace xylem::slice {

namespace {

kj::Maybe<pid_t> find(const std::string& name, const std::string& node, int tries = 500) {
  // Process 1 of the node; one that starts may not be ready to be entered.
  Client client(name);
  if (!client.find()) {
    fprintf(stderr, "xylem slice: there is no slice \"%s\" here\n", name.c_str());
    return nullptr;
  }
  auto answer = client.wait(client.keeper().stateRequest().send());
  for (auto each : answer.getState().getNodes()) {
    if (each.getName() != ptr(node)) continue;
    if (each.getActual() == "starting" && tries > 0) {
      usleep(20000);
      return find(name, node, tries - 1);
    }
    if (each.getPid() != 0) return pid_t(each.getPid());
    fprintf(stderr, "xylem slice: node %s of %s is %s; `xylem slice start %s %s` starts it\n", node.c_str(),
            name.c_str(), each.getActual().cStr(), name.c_str(), node.c_str());
    return nullptr;
  }
  fprintf(stderr, "xylem slice: there is no node \"%s\" in %s\n", node.c_str(), name.c_str());
  return nullptr;
}

}  // namespace

int exec(const std::string& name, const std::string& node, std::vector<std::string> command) {
  if (!isRoot()) return NO_AUTHORITY;
  if (command.size() > 1 && command[0] == "--") command.erase(command.begin());
  KJ_IF_MAYBE (pid, find(name, node)) {
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

int save(const std::string& name, const std::string& folder, Options options) {
  if (!isRoot()) return NO_AUTHORITY;
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
    std::ifstream config(placeOf(name).nodeFolder(text(node.getName())) + "/run/node/" +
                         (node.getKind() == "router" ? "router.conf" : "config"));
    if (!config) continue;
    std::stringstream content;
    content << config.rdbuf();
    std::ofstream(folder + "/" + text(node.getName()) + ".conf") << content.str();
  }
  if (!options.quiet && !options.json)
    printf("%s and the configurations of its nodes are in %s\n", name.c_str(), folder.c_str());
  return DONE;
}

}  // namespace xylem::slice
