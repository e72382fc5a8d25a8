#include "clients/cli/commands/commands.h"

namespace trellis::cli {

CommandTable AllCommands() {
  CommandTable all;
  for (const auto& commands :
       {EnqueueCommands, QueueCommands, OrderCommands, InventoryCommands, WeatherCommands,
        UserCommands, PostCommands, KeyTestCommands, LoadCommands, HealthCommands, ToolCommands}) {
    for (Command& command : commands()) all.push_back(std::move(command));
  }
  return all;
}

}  // namespace trellis::cli
