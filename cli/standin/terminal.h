// The user's terminal, or the console that an engine holds the other end of.
#pragma once

namespace kata::standin {

// Makes descriptor 0 the controlling terminal of this session, so that its resizes and its hang-up reach us as signals.
// False when it hung up before: there is nobody left whom the kernel would signal.
[[nodiscard]] bool adopt_console();

// Raw mode, so that every key goes to the guest's own terminal, which gives Ctrl-C its meaning. Its output may still be
// processed: the user's terminal puts carriage returns before the guest's line feeds. Nothing happens when descriptor 0
// is no terminal. restore_terminal() undoes it; idempotent.
enum class Output { kAsItIs, kProcessed };
void make_raw(Output output);
void restore_terminal();

struct Size {
  unsigned width = 0;
  unsigned height = 0;
};
// 0 x 0 when it is not known.
Size terminal_size();

}  // namespace kata::standin
