import ArgumentParser
import TernKernel

package struct CompletionCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print the shell's completion script.",
        discussion: "For bash: tern completion bash > ~/.local/share/bash-completion/completions/tern")

    @Argument(help: "bash, zsh or fish.") package var shell: String

    package init() {}

    package func run() throws {
        guard let known = CompletionShell(rawValue: shell) else { throw ValidationError("no such shell: '\(shell)'; bash, zsh or fish") }
        print(TernCommand.completionScript(for: known))
    }
}
