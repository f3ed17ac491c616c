import Foundation
import TernKernel

/// A command to run.
package struct ProcessRequest: Sendable {
    package var command: [String]
    /// The whole environment; nil is the server's own.
    package var environment: [String: String]?
    package var folder: String?
    package var timeout: Period?
    /// Between TERM and KILL.
    package var grace: Period

    package init(
        command: [String], environment: [String: String]? = nil, folder: String? = nil, timeout: Period? = nil, grace: Period = .seconds(5)
    ) {
        self.command = command
        self.environment = environment
        self.folder = folder
        self.timeout = timeout
        self.grace = grace
    }
}

/// How a process ended.
package enum ProcessExit: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
    case cancelled
}

extension ProcessExit: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .signalled(let number): "killed by signal \(number)\(ProcessExit.signals[number].map { " (\($0))" } ?? "")"
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        }
    }

    private static let signals: [Int32: String] = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE",
        15: "SIGTERM",
    ]
}

package struct ProcessResult: Hashable, Sendable {
    package var exit: ProcessExit
    package var duration: Period
}
