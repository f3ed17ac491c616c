// TernCommands
