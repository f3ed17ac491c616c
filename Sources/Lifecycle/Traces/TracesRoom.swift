import TernStore

/// What the server sees of Traces: traces and assessments.
package struct TracesRoom: Sendable {
    package static let migrations: [Migration] = []
}
