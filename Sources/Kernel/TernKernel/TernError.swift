/// The one error type of the product: what went wrong, in which words, and what to do next.
///
/// A room throws it with a code; each door (HTTP, a dialect, the command line) maps the code to its own shape once.
package struct TernError: Error, Sendable {
    /// What kind of failure it is. Open: a room may add its own.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let name: String

        package init(_ name: String) { self.name = name }

        package var description: String { name }

        package static let invalidArgument = Code("invalid_argument")
        package static let notFound = Code("not_found")
        package static let alreadyExists = Code("already_exists")
        /// The request is fine, but not in this state: a deleted run, a release in progress.
        package static let conflict = Code("conflict")
        package static let unauthenticated = Code("unauthenticated")
        package static let notAllowed = Code("not_allowed")
        /// A gate said no; the evidence is in the details.
        package static let gateRefused = Code("gate_refused")
        package static let tooLarge = Code("too_large")
        package static let resourceExhausted = Code("resource_exhausted")
        package static let unavailable = Code("unavailable")
        package static let timeout = Code("timeout")
        package static let cancelled = Code("cancelled")
        package static let notImplemented = Code("not_implemented")
        package static let dataLoss = Code("data_loss")
        package static let `internal` = Code("internal")
    }

    package var code: Code
    /// One sentence: what, and where.
    package var message: String
    /// What to do instead, as a sentence or a command.
    package var hint: String?
    /// Machine-readable facts, such as a row number or a gate's evidence.
    package var details: [String: JSON]
    package var cause: (any Error)?

    package init(
        _ code: Code, _ message: String, hint: String? = nil, details: [String: JSON] = [:], cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details
        self.cause = cause
    }

    package static func invalid(_ message: String, hint: String? = nil, details: [String: JSON] = [:]) -> TernError {
        TernError(.invalidArgument, message, hint: hint, details: details)
    }

    package static func notFound(_ message: String, hint: String? = nil) -> TernError {
        TernError(.notFound, message, hint: hint)
    }

    /// Any error as one of ours; a foreign one becomes `internal` and keeps its cause.
    package static func wrap(_ error: any Error, _ context: String? = nil) -> TernError {
        if let known = error as? TernError { return known }
        if error is CancellationError { return TernError(.cancelled, context ?? "cancelled", cause: error) }
        let text = String(describing: error)
        return TernError(.internal, context.map { "\($0): \(text)" } ?? text, cause: error)
    }
}

extension TernError: CustomStringConvertible {
    package var description: String { hint.map { "\(message)\n  \($0)" } ?? message }
}
