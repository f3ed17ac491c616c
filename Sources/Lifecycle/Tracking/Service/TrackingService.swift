import TernKernel
import TernStore

/// The rules of experiment tracking: what may be created, changed, logged and found.
///
/// Messages are MLflow's own where it has one, because people and their tests know them.
package struct TrackingService: Sendable {
    let database: Database

    package init(database: Database) { self.database = database }

    // MARK: What the rules ask of the stores

    static func experiment(_ id: Int64, _ connection: Connection) throws -> Experiment {
        guard let experiment = try ExperimentStore.find(id, connection) else { throw noExperiment(id) }
        return experiment
    }

    /// - Returns: where its artifacts go.
    static func requireActiveExperiment(_ id: Int64, _ connection: Connection) throws -> String {
        guard let found = try ExperimentStore.stageAndLocation(id, connection) else { throw noExperiment(id) }
        guard found.stage == .active else {
            throw TernError.invalid("The experiment \(id) must be in the 'active' state. Current state is \(found.stage.rawValue).")
        }
        return found.location
    }

    /// - Returns: its experiment.
    @discardableResult
    static func requireActiveRun(_ id: String, _ connection: Connection) throws -> Int64 {
        guard let found = try RunStore.stageAndExperiment(id, connection) else { throw noRun(id) }
        guard found.stage == .active else {
            throw TernError.invalid("The run \(id) must be in the 'active' state. Current state is \(found.stage.rawValue).")
        }
        return found.experiment
    }

    static func noExperiment(_ id: Int64) -> TernError { .notFound("No Experiment with id=\(id) exists") }
    static func noRun(_ id: String) -> TernError { .notFound("Run with id=\(id) not found") }
    static func noModel(_ id: String) -> TernError { .notFound("Logged model with ID '\(id)' not found.") }

    static func join(_ location: String, _ parts: String...) -> String {
        ([location.hasSuffix("/") ? String(location.dropLast()) : location] + parts).joined(separator: "/")
    }

    /// - Throws: `invalid_argument` unless 1...50,000.
    static func check(limit: Int) throws {
        guard limit > 0 else {
            throw TernError.invalid("Invalid value \(limit) for parameter 'max_results' supplied. It must be a positive integer")
        }
        guard limit <= 50_000 else {
            throw TernError.invalid("Invalid value \(limit) for parameter 'max_results' supplied. It must be at most 50000")
        }
    }
}
