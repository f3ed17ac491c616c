import TernCommands
@main enum Main { static func main() {} }
