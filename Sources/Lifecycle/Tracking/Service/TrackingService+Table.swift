import TernKernel
import TernStore

extension TrackingService {
    /// A page of runs with chosen columns only.
    package func searchTable(_ search: RunTableSearch) async throws -> RunTable {
        try TrackingService.check(limit: search.search.limit)
        guard search.columns.count <= 100 else { throw TernError.invalid("a table has at most 100 columns, not \(search.columns.count)") }
        return try await database.read { connection in
            let page = try TrackingService.page(search.search, connection)
            let cells = try RunTableStore.cells(search.columns, of: page.elements.map(\.id), connection)
            return RunTable(
                columns: search.columns, rows: zip(page.elements, cells).map { RunTable.Row(info: $0, cells: $1) }, next: page.next,
                total: search.counted ? try RunSearchStore.count(search.search, connection) : nil)
        }
    }

    /// How many runs match.
    package func countRuns(_ search: RunSearch) async throws -> Int { try await database.read { try RunSearchStore.count(search, $0) } }

    /// The keys of metrics, params and tags that runs of these experiments have.
    ///
    /// - Parameter limit: how many of each kind, 1 to 5000.
    package func columns(of experiments: [Int64], limit: Int = 500) async throws -> RunColumns {
        guard (1...5000).contains(limit) else { throw TernError.invalid("'limit' must be from 1 to 5000, not \(limit)") }
        return try await database.read { connection in
            let found = try ["metric_series", "run_params", "run_tags"].map {
                try RunTableStore.keys(of: $0, in: experiments, limit: limit + 1, connection)
            }
            return RunColumns(
                metrics: Array(found[0].prefix(limit)), params: Array(found[1].prefix(limit)), tags: Array(found[2].prefix(limit)),
                isCut: found.contains { $0.count > limit })
        }
    }

    // MARK: Many runs at once

    /// How many runs one bulk change may name.
    static let bulkLimit = 1000

    /// Sets and removes tags of active runs; all of it or, when a run is not there or deleted, nothing.
    ///
    /// - Returns: how many runs were changed.
    package func tagRuns(_ runs: [String], set: [String: String], remove: [String] = [], by identity: Identity) async throws -> Int {
        let tags = try set.sorted { $0.key < $1.key }.map { (key: $0.key, value: try NameRules.runTag(key: $0.key, value: $0.value)) }
        guard !remove.contains(ReservedTag.runName) else { throw TernError.invalid("the tag \(ReservedTag.runName) is the run's name and stays") }
        let runs = try TrackingService.bulk(runs)
        if runs.isEmpty || (tags.isEmpty && remove.isEmpty) { return 0 }
        return try await database.write { transaction in
            for run in runs {
                let experiment = try TrackingService.requireActiveRun(run, transaction.connection)
                try TrackingService.set(tags, on: run, in: experiment, transaction)
                for key in remove { _ = try RunStore.deleteTag(run, key, transaction.connection) }
            }
            return runs.count
        }
    }

    /// Hides runs; those that are hidden already are not counted.
    package func deleteRuns(_ runs: [String], by identity: Identity) async throws -> Int { try await move(runs, to: .deleted, by: identity) }

    package func restoreRuns(_ runs: [String], by identity: Identity) async throws -> Int { try await move(runs, to: .active, by: identity) }

    private func move(_ runs: [String], to stage: LifecycleStage, by identity: Identity) async throws -> Int {
        let runs = try TrackingService.bulk(runs)
        return try await database.write { transaction in
            try runs.reduce(0) { $0 + (try TrackingService.move($1, to: stage, by: identity, transaction) ? 1 : 0) }
        }
    }

    private static func bulk(_ runs: [String]) throws -> [String] {
        guard runs.count <= bulkLimit else {
            throw TernError.invalid("\(runs.count) runs are too many at once", hint: "name at most \(bulkLimit) a request")
        }
        var seen: Set<String> = []
        return runs.filter { seen.insert($0).inserted }
    }
}
