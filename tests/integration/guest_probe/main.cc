// guest_probe DIRECTORY NAME...: "ok NAME" or "not ok NAME: why" for each; DIRECTORY is a devtmpfs. Exit status 1 when
// one is not ok.
#include <cstdio>
#include <map>

#include "probes.h"

int main(int argc, char** argv) {
  const std::map<std::string, std::string (*)(const std::string&)> probes = {
      {"tun", probe::tun},
      {"fuse", probe::fuse},
      {"loop", probe::loop},
      {"device_mapper", probe::device_mapper},
      {"kvm", probe::kvm},
      {"vhost", probe::vhost},
      {"nftables", probe::nftables},
      {"ipset", probe::ipset},
      {"iptables", probe::iptables},
      {"io_uring", probe::io_uring},
      {"userfaultfd", probe::userfaultfd},
      {"seccomp", probe::seccomp},
      {"landlock", probe::landlock},
      {"bpf", probe::bpf},
      {"vsock", probe::vsock},
      {"ciphers", probe::ciphers},
      {"swapped", probe::swapped},
      {"piped", probe::piped},
  };
  bool good = argc > 2;
  for (int i = 2; i < argc; ++i) {
    auto found = probes.find(argv[i]);
    auto why = found == probes.end() ? std::string("there is no such probe") : found->second(argv[1]);
    if (why.empty()) {
      std::printf("ok %s\n", argv[i]);
    } else {
      std::printf("not ok %s: %s\n", argv[i], why.c_str());
      good = false;
    }
  }
  return good ? 0 : 1;
}
