import TernCommands

@main
enum Tern {
    static func main() async { await TernCommand.start() }
}
