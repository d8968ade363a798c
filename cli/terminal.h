// The real streams and the real terminal.
#pragma once

#include "cli/world.h"

#include <memory>

namespace atb::cli {

// Writes to a file descriptor, all or an error ("output.closed" when the reader went away).
std::unique_ptr<ByteSink> descriptor_sink(int descriptor);
bool is_terminal(int descriptor);
unsigned terminal_width(int descriptor);

// Asks over /dev/tty, and only when standard input and standard error are terminals: a script never hangs on
// a question.
std::unique_ptr<account::Prompter> make_terminal_prompter(StopToken stop);

}  // namespace atb::cli
