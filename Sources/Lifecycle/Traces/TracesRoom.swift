import TernStore

/// What the server sees of Traces.
package struct TracesRoom: Sendable {
    package let service: TraceService

    package init(database: Database, ports: TracePorts) { service = TraceService(database: database, ports: ports) }

    package static let migrations: [Migration] = TracesMigrations.all
}
