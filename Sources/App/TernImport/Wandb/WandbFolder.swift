import Foundation
import NIOCore
import TernKernel

/// W&B runs on disk: a run's folder (`offline-run-…-ID`, `run-…-ID`), the `wandb` folder that holds several, or a `.wandb` file.
///
/// The `.wandb` file is the truth; of `files/` only the files themselves are taken.
package struct WandbFolder: ImportSource {
    package let kind = "wandb"
    package let name: String
    package let notes = ImportNotes()
    private let found: [Found]

    private struct Found: Sendable {
        var log: String
        var folder: String
        var experiment: String
        var run: ImportedRun
        /// The console, as the run wrote it.
        var console: [UInt8]
    }

    /// Reads every run's facts (not its history).
    ///
    /// - Throws: `not_found` when there is no run below `path`.
    package init(path: String) throws {
        name = LocalFiles.absolute(path)
        let logs = WandbFolder.logs(name)
        guard !logs.isEmpty else {
            throw TernError.notFound("there is no .wandb file at \(name)", hint: "name a run's folder (wandb/offline-run-…), or the wandb folder")
        }
        let notes = notes
        found = try logs.map { try WandbFolder.read($0, notes) }
    }

    private static func logs(_ path: String) -> [String] {
        if path.hasSuffix(".wandb") { return LocalFiles.exists(path) ? [path] : [] }
        let here = LocalFiles.names(path).filter { $0.hasSuffix(".wandb") }.map { path + "/" + $0 }
        if !here.isEmpty { return here }
        // `latest-run` is a link to one of the others.
        let runs = LocalFiles.folders(path).filter { $0.hasPrefix("offline-run-") || $0.hasPrefix("run-") }
        let below = runs.flatMap { run in LocalFiles.names("\(path)/\(run)").filter { $0.hasSuffix(".wandb") }.map { "\(path)/\(run)/\($0)" } }
        return below.isEmpty && LocalFiles.isFolder(path + "/wandb") ? logs(path + "/wandb") : below
    }

    package func runCount() async throws -> Int { found.count }

    package func experiments() async throws -> [ImportedExperiment] {
        Dictionary(grouping: found, by: \.experiment).map { name, runs in
            let begun = runs.map(\.run.startTime).min() ?? 0
            return ImportedExperiment(sourceID: name, name: name, createdAt: begun, updatedAt: runs.compactMap(\.run.endTime).max() ?? begun)
        }.sorted { $0.name < $1.name }
    }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        for one in found where one.experiment == experiment.sourceID { try await take([one.run]) }
    }

    // MARK: Facts

    private static func read(_ path: String, _ notes: ImportNotes) throws -> Found {
        var log = try WandbLog(path: path)
        defer { log.close() }
        var facts = WandbRunFacts()
        var (params, summary): ([String: String], [String: JSON]) = ([:], [:])
        var console: [UInt8] = []
        var (exitCode, runtime, last): (Int64?, Int64, Int64) = (nil, 0, 0)
        while let bytes = try log.next() {
            guard let record = try? WandbRecord(bytes) else {
                notes.add("records that could not be read")
                continue
            }
            switch record {
            case .run(let known):
                facts = known
                known.config.forEach { Flat.params($0.path, $0.value, into: &params) }
            case .config(let items): items.forEach { Flat.params($0.path, $0.value, into: &params) }
            case .summary(let update, let remove):
                update.forEach { summary[$0.key] = $0.value }
                remove.forEach { summary[$0] = nil }
            case .history(_, let items):
                if let time = items.first(where: { $0.key == "_timestamp" })?.value.doubleValue { last = max(last, Flat.milliseconds(time)) }
            case .output(_, let text): if console.count < 64 << 20 { console += Array(text.utf8) }
            case .exit(let code, let seconds): (exitCode, runtime) = (code, seconds)
            case .artifact: notes.add("artifacts of the W&B store (their files lie outside of the run's folder)")
            case .alert: notes.add("alerts")
            case .stats, .other: break
            }
        }
        notes.add("damaged blocks of .wandb files, passed over", log.damaged)
        let folder = (path as NSString).deletingLastPathComponent
        let id = facts.id.isEmpty ? WandbFolder.id(of: path) : facts.id
        params["_wandb"] = nil
        var run = ImportedRun(
            id: RunIdentity.id("wandb", facts.entity, facts.project, id, String(facts.startTime)), experiment: "",
            name: facts.name.isEmpty ? id : facts.name,
            status: exitCode.map { $0 == 0 ? "FINISHED" : "FAILED" } ?? "KILLED", startTime: facts.startTime, endTime: max(last, facts.startTime),
            params: params.filter { !$0.key.hasPrefix("_wandb.") }, tags: WandbFolder.tags(facts, id), revision: LocalFiles.revision(path))
        if exitCode != nil, runtime > 0 { run.endTime = max(facts.startTime &+ runtime &* 1000, last) }
        for (key, value) in summary where !key.hasPrefix("_") { run.tags["wandb.summary." + Flat.name(key)] = Flat.text(value) }
        return Found(
            log: path, folder: folder, experiment: facts.project.isEmpty ? "wandb" : facts.project, run: run.cleaned(notes), console: console)
    }

    /// `run-ID.wandb`.
    private static func id(of path: String) -> String {
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        return name.hasPrefix("run-") ? String(name.dropFirst(4)) : name
    }

    private static func tags(_ facts: WandbRunFacts, _ id: String) -> [String: String] {
        var tags: [String: String] = ["wandb.id": id]
        let known = [
            ("wandb.entity", facts.entity), ("wandb.group", facts.group), ("wandb.job_type", facts.jobType), ("wandb.sweep", facts.sweep),
            ("wandb.host", facts.host), ("mlflow.note.content", facts.notes), ("mlflow.source.git.commit", facts.commit),
            ("mlflow.source.git.repoURL", facts.remote),
        ]
        for (key, value) in known where !value.isEmpty { tags[key] = value }
        for tag in facts.tags { tags["wandb.tag." + Flat.name(tag)] = tag }
        return tags
    }

    // MARK: Points and files

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        guard let one = found.first(where: { $0.run.id == run.id }) else { return }
        var log = try WandbLog(path: one.log)
        defer { log.close() }
        var gathered = GatheredPoints(run: run.id)
        while let bytes = try log.next() {
            guard let record = try? WandbRecord(bytes) else { continue }
            switch record {
            case .history(let number, let items):
                let step = number ?? items.first { $0.key == "_step" }?.value.intValue ?? 0
                let time = items.first { $0.key == "_timestamp" }?.value.doubleValue.map(Flat.milliseconds) ?? run.startTime
                for item in items where !["_step", "_timestamp", "_runtime"].contains(item.key) { add(item, step, time, "", &gathered) }
            case .stats(let time, let items):
                // W&B counts no steps here: the seconds since the beginning order them.
                for item in items { add(item, max(0, time &- run.startTime) / 1000, time, "system/", &gathered) }
            default: break
            }
            if gathered.count >= 20_000 { try await take(gathered.take()) }
        }
        if gathered.count > 0 { try await take(gathered.take()) }
    }

    private func add(_ item: WandbRecord.Item, _ step: Int64, _ time: Int64, _ prefix: String, _ gathered: inout GatheredPoints) {
        switch item.value {
        case .object(let fields) where fields["_type"] == nil:
            for (key, value) in fields { add(.init(path: item.path + [key], value: value), step, time, prefix, &gathered) }
        case .object(let fields):
            notes.add("history values that are media (\(fields["_type"]?.stringValue ?? "other")); their files are kept as artifacts")
        case .bool(let value): gathered.add(prefix + Flat.name(item.key), .init(timestamp: time, step: step, value: value ? 1 : 0))
        default:
            guard let value = item.value.doubleValue else { return notes.add("history values that are no numbers") }
            gathered.add(prefix + Flat.name(item.key), .init(timestamp: time, step: step, value: value))
        }
    }

    package func files(of run: ImportedRun) async throws -> [ImportedFile] {
        guard let one = found.first(where: { $0.run.id == run.id }) else { return [] }
        var files = LocalFiles.files(below: one.folder + "/files").map {
            ImportedFile(path: $0.path, size: $0.size, place: .file("\(one.folder)/files/\($0.path)"))
        }
        if !one.console.isEmpty, !files.contains(where: { $0.path == "output.log" && $0.size > 0 }) {
            files.removeAll { $0.path == "output.log" }
            files.append(ImportedFile(path: "output.log", size: Int64(one.console.count), place: .bytes(one.console)))
        }
        return files
    }
}
