import NIOCore
import TernKernel

package struct ImportOptions: Sendable {
    /// Reads and counts, and sends nothing.
    package var dryRun = false
    package var withFiles = true
    /// Reads both sides again, also for runs that an earlier import brought whole.
    package var verify = false

    package init(dryRun: Bool = false, withFiles: Bool = true, verify: Bool = false) {
        self.dryRun = dryRun
        self.withFiles = withFiles
        self.verify = verify
    }
}

/// Brings a source over: experiments, logged models, runs with their points and files, the registry. Then compares both sides.
///
/// It can be stopped at any moment and run again: what is whole is passed over, what is half is sent again, and sending again changes nothing.
package struct Importer {
    let source: any ImportSource
    let target: any ImportTarget
    let options: ImportOptions
    let progress: (ImportProgress) -> Void
    var done = ImportProgress()
    var report: ImportReport
    /// Where files lay at the source, and where they are here: versions of the registry name them.
    var places: [String: String] = [:]
    private var waiting: [PointBlock] = []
    private var waitingCount = 0

    /// How many points go into one request.
    package static let pointsPerRequest = 50_000

    package init(
        _ source: any ImportSource, to target: any ImportTarget, options: ImportOptions = ImportOptions(),
        progress: @escaping (ImportProgress) -> Void = { _ in }
    ) {
        self.source = source
        self.target = target
        self.options = options
        self.progress = progress
        report = ImportReport(source: "\(source.kind) \(source.name)")
        report.isDryRun = options.dryRun
    }

    package mutating func run() async throws -> ImportReport {
        done.allRuns = try await source.runCount()
        let experiments = try await source.experiments()
        let numbers = try await place(experiments)
        for experiment in experiments {
            guard let number = numbers[experiment.sourceID] else { continue }
            try await bringModels(of: experiment, to: number)
            let source = source
            try await source.runs(of: experiment) { runs in try await bring(runs, to: number) }
        }
        try await bringRegistry()
        report.skipped = source.notes.all
        return report
    }

    func post(_ path: String, _ fields: [String: JSON]) async throws -> JSON {
        var fields = fields
        fields["source"] = .string(report.source)
        return try await target.post("import/" + path, .object(fields))
    }

    private mutating func place(_ experiments: [ImportedExperiment]) async throws -> [String: Int64] {
        if options.dryRun {
            report.add(.experiments, source: experiments.count, here: 0)
            return Dictionary(experiments.map { ($0.sourceID, 0) }, uniquingKeysWith: { $1 })
        }
        let answer = try await post("experiments", ["experiments": .array(experiments.map(\.json))])
        var numbers: [String: Int64] = [:]
        for placed in answer["experiments"]?.arrayValue ?? [] {
            guard let from = placed["source_id"]?.stringValue, let id = placed["id"]?.intValue else { continue }
            numbers[from] = id
            if from != String(id), source.kind == "mlflow" || source.kind == "tern" {
                report.mapped.append("experiment \(from) (\(placed["name"]?.stringValue ?? "")) is \(id) here")
            }
        }
        report.add(.experiments, source: experiments.count, here: numbers.count)
        return numbers
    }

    // MARK: Runs

    private struct Expected {
        var run: ImportedRun
        var json: JSON
        var tally = PointTally()
        var filesMissing = false
        var isNative = false
    }

    private mutating func bring(_ runs: [ImportedRun], to experiment: Int64) async throws {
        for run in runs { if let uri = run.artifactURI { places[uri] = run.place(in: experiment) } }
        if options.dryRun { return try await count(runs) }
        let wire = runs.map { $0.json(in: experiment, by: source) }
        let states = try await open(runs, wire)
        var expected: [Expected] = []
        for (run, json) in zip(runs, wire) {
            guard let state = states[run.id] else {
                done.runs += 1
                report.add(.runs, source: 1, here: 0)
                continue
            }
            var one = Expected(run: run, json: json, isNative: state["state"]?.stringValue == "native")
            let isWhole = state["state"]?.stringValue == "complete"
            if isWhole, !options.verify {
                let points = state["points"]?.intValue ?? 0
                report.already += 1
                report.add(.runs, source: 1, here: 1)
                report.add(.points, source: run.pointCount ?? points, here: points)
                done.points += points
            } else {
                try await bringPoints(&one, isOpen: !isWhole && !one.isNative)
                if options.withFiles, !isWhole, !one.isNative { one.filesMissing = try await bringFiles(of: run, to: experiment) }
                expected.append(one)
            }
            done.runs += 1
            progress(done)
        }
        try await flush()
        try await compare(expected)
    }

    /// What the server says of each run; one that it refuses is reported and left out.
    private mutating func open(_ runs: [ImportedRun], _ wire: [JSON]) async throws -> [String: JSON] {
        var answers: [JSON] = []
        do {
            answers = try await post("runs", ["runs": .array(wire)])["runs"]?.arrayValue ?? []
        } catch let error as TernError where error.code == .invalidArgument || error.code == .tooLarge {
            // One bad run refuses the lot: they go one by one.
            for (run, json) in zip(runs, wire) {
                do {
                    answers += try await post("runs", ["runs": .array([json])])["runs"]?.arrayValue ?? []
                } catch let error as TernError where error.code == .invalidArgument || error.code == .tooLarge {
                    report.failures.append("run \(run.id) was refused: \(error.message)")
                }
            }
        }
        return Dictionary(answers.compactMap { answer in answer["id"]?.stringValue.map { ($0, answer) } }, uniquingKeysWith: { $1 })
    }

    private mutating func bringPoints(_ one: inout Expected, isOpen: Bool) async throws {
        // Files may tell a point twice; it counts once. Eight bytes a point are kept while one run is read.
        var seen: Set<UInt64> = []
        let (repeats, run, source) = (source.repeatsPoints, one.run, source)
        var tally = PointTally()
        try await source.points(of: run) { blocks in
            for block in blocks {
                let key = PointTally.hash(block.key)
                for point in block.points {
                    if repeats, !seen.insert(PointTally.hash(key, timestamp: point.timestamp, step: point.step, value: point.value)).inserted {
                        continue
                    }
                    tally.add(key, timestamp: point.timestamp, step: point.step, value: point.value)
                }
                done.points += Int64(block.points.count)
                if isOpen { try await send(block) }
            }
            progress(done)
        }
        one.tally = tally
    }

    private mutating func send(_ block: PointBlock) async throws {
        waiting.append(block)
        waitingCount += block.points.count
        if waitingCount >= Importer.pointsPerRequest { try await flush() }
    }

    private mutating func flush() async throws {
        guard waitingCount > 0 else { return }
        try await target.send(points: try PointBlock.encode(waiting))
        (waiting, waitingCount) = ([], 0)
    }

    /// Compares what was sent with what is stored, and ends the import of those that are equal.
    private mutating func compare(_ expected: [Expected]) async throws {
        if expected.isEmpty { return }
        let answer = try await post("check", ["runs": JSON(expected.map(\.run.id))])
        let found = Dictionary(
            (answer["runs"]?.arrayValue ?? []).compactMap { run in run["run"]?["id"]?.stringValue.map { ($0, run) } }, uniquingKeysWith: { $1 })
        var finished: [JSON] = []
        for one in expected {
            let stored = found[one.run.id]
            let points = stored?["points"]?.intValue ?? 0
            count(one.run, stored: stored?["run"])
            report.add(.points, source: one.tally.count, here: points)
            var differences = RunDifference.between(one.json, stored?["run"] ?? .null)
            if points != one.tally.count { differences.append("\(points) points of \(one.tally.count)") }
            if points == one.tally.count, stored?["hash"]?.stringValue != one.tally.hash { differences.append("its points have other values") }
            if differences.isEmpty {
                if !one.isNative {
                    finished.append(["id": .string(one.run.id), "points": .int(points), "files_missing": .bool(one.filesMissing)])
                }
            } else {
                report.failures.append("run \(one.run.id) differs: \(differences.joined(separator: "; "))")
            }
        }
        if !finished.isEmpty { _ = try await post("finish", ["runs": .array(finished)]) }
    }

    private mutating func count(_ run: ImportedRun, stored: JSON?) {
        func held(_ key: String, _ ours: [String]) -> Int {
            let there = stored?[key]?.objectValue ?? [:]
            return ours.filter { there[$0] != nil }.count
        }
        report.add(.runs, source: 1, here: stored == nil ? 0 : 1)
        report.add(.params, source: run.params.count, here: held("params", Array(run.params.keys)))
        report.add(.tags, source: run.tags.count, here: held("tags", Array(run.tags.keys)))
        report.add(.datasets, source: run.datasets.count, here: min(run.datasets.count, stored?["datasets"]?.arrayValue?.count ?? 0))
    }

    private mutating func count(_ runs: [ImportedRun]) async throws {
        for run in runs {
            count(run, stored: nil)
            var points = run.pointCount ?? 0
            if run.pointCount == nil {
                let source = source
                try await source.points(of: run) { blocks in points += Int64(blocks.reduce(0) { $0 + $1.points.count }) }
            }
            report.add(.points, source: points, here: 0)
            if options.withFiles, run.filesStayAt == nil {
                let files = try await source.files(of: run)
                report.add(.files, source: files.count, here: 0)
                report.add(.bytes, source: files.reduce(0) { $0 + $1.size }, here: 0)
            }
            done.runs += 1
            progress(done)
        }
    }
}
