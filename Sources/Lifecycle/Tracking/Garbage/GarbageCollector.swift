import TernKernel
import TernStore

/// What is to be removed for good: runs, experiments and logged models that were deleted long enough ago.
package struct GarbageRequest: Hashable, Sendable {
    /// Only what was deleted at least so long ago.
    package var olderThan: Period
    /// Only these; each must be deleted. Nil, with no experiments named either, is everything.
    package var runs: [String]?
    package var experiments: [Int64]?
    /// Also files of runs and models that are in no table.
    package var orphans: Bool
    /// Only counts.
    package var isDryRun: Bool

    package init(olderThan: Period = .days(30), runs: [String]? = nil, experiments: [Int64]? = nil, orphans: Bool = false, isDryRun: Bool = false) {
        self.olderThan = olderThan
        self.runs = runs
        self.experiments = experiments
        self.orphans = orphans
        self.isDryRun = isDryRun
    }
}

/// What was removed, or would be.
package struct GarbageReport: Hashable, Sendable, Codable {
    package var runs = 0
    package var experiments = 0
    package var loggedModels = 0
    package var traces = 0
    package var metricPoints = 0
    /// Folders of files, those in no table among them.
    package var artifactFolders = 0
    package var dryRun = false
}

/// Where the files lie, as garbage collection needs it.
package struct ArtifactSweep: Sendable {
    /// Removes what lies at a path, if anything does.
    package var delete: @Sendable (String) async throws -> Void
    /// The names of the folders in a folder.
    package var folders: @Sendable (String) async throws -> [String]

    package init(delete: @escaping @Sendable (String) async throws -> Void, folders: @escaping @Sendable (String) async throws -> [String]) {
        self.delete = delete
        self.folders = folders
    }
}

/// The traces of experiments, which are another room's. The server fills it.
package struct TraceSweep: Sendable {
    /// How many an experiment has.
    package var count: @Sendable (Int64) async throws -> Int
    /// Removes those of an experiment, and answers how many there were.
    package var purge: @Sendable (Int64) async throws -> Int

    package init(count: @escaping @Sendable (Int64) async throws -> Int, purge: @escaping @Sendable (Int64) async throws -> Int) {
        self.count = count
        self.purge = purge
    }

    /// Where nobody keeps traces.
    package static let none = TraceSweep(count: { _ in 0 }, purge: { _ in 0 })
}

/// Removes for good what was deleted: rows, points, files, and with an experiment its name.
///
/// Each transaction takes a few runs, with the places of their files put on a list that the files are removed from afterwards: a collection
/// that is killed goes on where it was when the next one begins.
package struct GarbageCollector: Sendable {
    private let database: Database
    private let artifacts: ArtifactSweep
    private let clock: WallClock
    /// Traces go with their experiment.
    package var traces = TraceSweep.none

    init(database: Database, artifacts: ArtifactSweep, traces: TraceSweep = .none, clock: WallClock = .system) {
        self.database = database
        self.artifacts = artifacts
        self.traces = traces
        self.clock = clock
    }

    /// How many runs one transaction takes.
    private static let runsAtOnce = 20

    /// - Throws: `invalid_argument` when a run or experiment that is named was not deleted.
    package func collect(_ request: GarbageRequest, by identity: Identity) async throws -> GarbageReport {
        try await database.read { try GarbageStore.check(request, $0) }
        var report = GarbageReport()
        if request.isDryRun {
            let now = clock.now()
            report = try await database.read { try GarbageStore.count(request, now: now, $0) }
            for experiment in try await database.read({ try GarbageStore.experimentIDs(request, now: now, $0) }) {
                report.traces += try await traces.count(experiment)
            }
        } else {
            try await purge(request, by: identity, &report)
            report.artifactFolders = try await removeListed()
        }
        if request.orphans { report.artifactFolders += try await sweep(isDryRun: request.isDryRun) }
        return report
    }

    private func purge(_ request: GarbageRequest, by identity: Identity, _ report: inout GarbageReport) async throws {
        while true {
            let done = try await database.write { transaction in
                let runs = try GarbageStore.runs(request, now: transaction.now, limit: GarbageCollector.runsAtOnce, transaction.connection)
                var points = 0
                for run in runs {
                    points += try GarbageStore.purge(run, transaction)
                    try transaction.record(LedgerEvent("run.purged", subject: "run/\(run.id)", by: identity.name, data: ["name": .string(run.name)]))
                }
                return (runs: runs.count, points: points)
            }
            if done.runs == 0 { break }
            report.runs += done.runs
            report.metricPoints += done.points
        }
        while true {
            let models = try await database.write { transaction in
                let models = try GarbageStore.models(request, now: transaction.now, limit: 100, transaction.connection)
                for model in models { try GarbageStore.purge(model: model, transaction) }
                return models.count
            }
            if models == 0 { break }
            report.loggedModels += models
        }
        // Before their experiment, which is how a collection that breaks off here finds the rest of them again.
        let now = clock.now()
        for experiment in try await database.read({ try GarbageStore.experimentIDs(request, now: now, $0) }) {
            let purged = try await traces.purge(experiment)
            if purged > 0 { try await database.write { try GarbageStore.listTraceFiles(of: experiment, $0) } }
            report.traces += purged
        }
        report.experiments = try await database.write { transaction in
            let experiments = try GarbageStore.experiments(request, now: transaction.now, transaction.connection)
            for experiment in experiments {
                try GarbageStore.purge(experiment, transaction)
                try transaction.record(
                    LedgerEvent(
                        "experiment.purged", subject: "experiment/\(experiment.id)", by: identity.name, data: ["name": .string(experiment.name)]))
            }
            return experiments.count
        }
    }

    /// Removes the files on the list, also those that an earlier collection left there.
    private func removeListed() async throws -> Int {
        var removed = 0
        while true {
            let places = try await database.read { try GarbageStore.listed(limit: 100, $0) }
            if places.isEmpty { return removed }
            for place in places {
                try await artifacts.delete(place)
                removed += 1
            }
            try await database.write { try GarbageStore.unlist(places, $0) }
        }
    }

    /// Removes folders of runs and models that no table knows. Only places that Tern itself gives out are looked at:
    /// `<experiment>/<run>` and `<experiment>/models/<model>`.
    private func sweep(isDryRun: Bool) async throws -> Int {
        var removed = 0
        for experiment in try await artifacts.folders("") where Int64(experiment) != nil {
            var candidates: [(path: String, id: String, isModel: Bool)] = []
            for name in try await artifacts.folders(experiment) where name.count == 32 && name.allSatisfy(\.isHexDigit) {
                candidates.append(("\(experiment)/\(name)", name, false))
            }
            for name in try await artifacts.folders(experiment + "/models") where name.hasPrefix("m-") && name.count == 34 {
                candidates.append(("\(experiment)/models/\(name)", name, true))
            }
            for start in stride(from: 0, to: candidates.count, by: 500) {
                let part = Array(candidates[start..<min(start + 500, candidates.count)])
                let known = try await database.read { try GarbageStore.known(part.map(\.id), $0) }
                for candidate in part where !known.contains(candidate.id) {
                    if !isDryRun { try await artifacts.delete(candidate.path) }
                    removed += 1
                }
            }
        }
        return removed
    }
}
