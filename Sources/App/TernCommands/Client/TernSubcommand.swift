import ArgumentParser
import Foundation
import TernKernel

/// A command that asks the server and prints the answer, as JSON or for people.
package protocol TernSubcommand: AsyncParsableCommand, Sendable {
    var options: CommandOptions { get }
    /// Does the work; answers what `--json` prints.
    func perform(_ client: TernClient) async throws -> JSON
    /// Prints the answer for people.
    func show(_ answer: JSON, _ terminal: Terminal)
    /// The status to end with, where the answer itself says more than "done".
    func exitStatus(_ answer: JSON) -> ExitStatus
}

extension TernSubcommand {
    package func exitStatus(_ answer: JSON) -> ExitStatus { .done }

    package func run() async throws {
        let answer = try await options.withClient { client in try await perform(client) }
        if options.json { print(answer.pretty) } else { show(answer, Terminal.standard) }
        let status = exitStatus(answer)
        if status != .done { throw ExitCode(status.rawValue) }
    }
}

/// What the process's exit code says; documented in docs/command-line.md.
package enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    case gateRefused = 3
    case notAllowed = 4

    package init(_ code: TernError.Code) {
        switch code {
        case .gateRefused: self = .gateRefused
        case .notAllowed, .unauthenticated: self = .notAllowed
        default: self = .failed
        }
    }
}
