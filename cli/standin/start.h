// How a stand-in begins: what it is told, and what it gives up.
#pragma once

#include "cli/standin/order.h"

namespace kata::standin {

// The descriptors that it was given; -1 for the others. To be asked for before any is opened.
struct Given {
  int in, out, err, mounts;
};
Given look_at_descriptors();

// False when nobody gives any.
[[nodiscard]] bool receive_order(Order& order);
void answer(Answer answer);

// The name that `ps` shows is the workload's too.
void take_name(const char* program);

// True when the work is to start.
[[nodiscard]] bool wait_for_go();

// Goes to where the namespace's root is now: what is in it is put there from outside. `namespace_fd` is closed.
// 0, or an errno.
[[nodiscard]] int enter_mounts(int namespace_fd);
int open_own_mounts();
void leave_cgroups();
// It needs no power over anything from now on.
void give_up_privileges();

// The first process of its namespace takes over those whose parents have ended, and the kernel ends all with it: the
// others get a moment to hand over what they have.
void reap();
void wait_for_others();

}  // namespace kata::standin
