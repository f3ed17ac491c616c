import TernStore

/// What the server sees of Sweeps: searches over the parameters of a command.
package struct SweepsRoom: Sendable {
    package static let migrations: [Migration] = []
}
