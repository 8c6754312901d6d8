// file_operations DIRECTORY [first|second]: a line "name answer" for each operation in the directory; with a role, for
// each half of a pair, whose other half another process does in the same directory. "file_operations wait" waits.
#include <cstdio>
#include <string>

#include "operations.h"

namespace {

void answer(const std::string& name, const std::string& directory, std::string (*run)()) {
  auto place = directory + "/" + name;
  ::mkdir(place.c_str(), 0755);
  // In a process of its own: one that dies is an answer, too.
  auto got =
      operations::in_child([&]() -> std::string { return ::chdir(place.c_str()) == 0 ? run() : "no directory"; });
  std::printf("%s %s\n", name.c_str(), got.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "wait") return ::pause();
  if (argc < 2) return 2;
  ::umask(022);
  std::string directory = argv[1];
  std::string role = argc > 2 ? argv[2] : "";
  for (const auto& one : operations::pairs()) {
    if (!role.empty()) answer(one.name, directory, role == "first" ? one.first : one.second);
  }
  if (!role.empty()) return 0;
  for (auto group : {operations::names(), operations::content(), operations::attributes(), operations::sharing()}) {
    for (const auto& one : group) answer(one.name, directory, one.run);
  }
  return 0;
}
