import Foundation
import NIOCore
import TernKernel

/// Offline experiments of Comet: zip files with `experiment.json`, `messages.json` (a JSON object a line) and the uploaded files.
package struct CometArchives: ImportSource {
    package let kind = "comet"
    package let name: String
    package let notes = ImportNotes()
    private let found: [Found]

    private struct Found: Sendable {
        var archive: ZipArchive
        var path: String
        var project: String
        var run: ImportedRun
        var files: [ImportedFile]
    }

    /// - Parameter paths: zip files, or folders that hold some.
    package init(paths: [String]) async throws {
        let archives = paths.flatMap { path in
            LocalFiles.isFolder(path)
                ? LocalFiles.names(path).filter { $0.hasSuffix(".zip") }.map { LocalFiles.absolute(path) + "/" + $0 } : [LocalFiles.absolute(path)]
        }
        guard !archives.isEmpty else { throw TernError.notFound("there is no .zip file in \(paths.joined(separator: ", "))") }
        name = archives.count == 1 ? archives[0] : "\(archives.count) archives"
        let notes = notes
        found = try await archives.asyncMap { try await CometArchives.read($0, notes) }
    }

    package func runCount() async throws -> Int { found.count }

    package func experiments() async throws -> [ImportedExperiment] {
        Dictionary(grouping: found, by: \.project).map { project, runs in
            let begun = runs.map(\.run.startTime).min() ?? 0
            return ImportedExperiment(sourceID: project, name: project, createdAt: begun, updatedAt: runs.compactMap(\.run.endTime).max() ?? begun)
        }.sorted { $0.name < $1.name }
    }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        for one in found where one.project == experiment.sourceID { try await take([one.run]) }
    }

    // MARK: Messages

    /// Each message: its type and what it carries.
    private static func messages(_ archive: ZipArchive, _ path: String, _ body: (String, JSON) async throws -> Void) async throws {
        guard let entry = archive.entry(named: "messages.json") else {
            throw TernError.invalid("\(path) is not a Comet archive: it has no messages.json")
        }
        var rest: [UInt8] = []
        var number = 0
        func line(_ bytes: ArraySlice<UInt8>) async throws {
            number += 1
            let text = String(decoding: bytes, as: UTF8.self)
            if text.allSatisfy(\.isWhitespace) { return }
            let message: JSON
            do {
                message = try LenientJSON.parse(text)
            } catch let error as TernError {
                throw TernError.invalid("\(path): messages.json, line \(number): \(error.message)")
            }
            guard let type = message["type"]?.stringValue else { throw TernError.invalid("\(path): messages.json, line \(number) has no type") }
            try await body(type, message["payload"] ?? .null)
        }
        try await archive.read(entry) { piece in
            rest += piece.readableBytesView
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: 0x0A) {
                try await line(rest[start..<end])
                start = end + 1
            }
            rest.removeSubrange(..<start)
            guard rest.count <= 256 << 20 else { throw TernError.invalid("\(path): a line of messages.json is longer than 256 MB") }
        }
        if !rest.isEmpty { try await line(rest[...]) }
    }

    private static func read(_ path: String, _ notes: ImportNotes) async throws -> Found {
        let archive = try ZipArchive(path: path)
        guard let entry = archive.entry(named: "experiment.json"), entry.size <= 64 << 20 else {
            throw TernError.invalid("\(path) is not a Comet archive: it has no experiment.json")
        }
        var bytes: [UInt8] = []
        try await archive.read(entry) { bytes += $0.readableBytesView }
        let facts = try LenientJSON.parse(String(decoding: bytes, as: UTF8.self))
        let key = facts["offline_id"]?.stringValue ?? facts["experiment_key"]?.stringValue ?? Digest(of: bytes).hex
        var run = ImportedRun(
            id: RunIdentity.id("comet", key), experiment: "", name: key, status: "FINISHED", startTime: facts["start_time"]?.intValue ?? 0,
            endTime: facts["stop_time"]?.intValue, tags: ["comet.experiment_key": key], revision: LocalFiles.revision(path))
        if let workspace = facts["workspace"]?.stringValue { run.tags["comet.workspace"] = workspace }
        for tag in facts["tags"]?.arrayValue ?? [] { if let tag = tag.stringValue { run.tags["comet.tag." + Flat.name(tag)] = tag } }
        var files: [String: ImportedFile] = [:]
        var console: [UInt8] = []
        try await messages(archive, path) { type, payload in
            switch type {
            case "metric_msg": break
            case "parameter_msg": parameter(payload["param"] ?? payload, into: &run)
            case "log_other":
                let (key, value) = (payload["key"]?.stringValue ?? "", Flat.text(payload["value"] ?? payload["val"] ?? .null))
                if key == "Name" { run.name = value } else { run.tags["comet.other." + key] = value }
            case "standard_output": if console.count < 64 << 20 { console += Array((payload["output"]?.stringValue ?? "").utf8) }
            case "file_upload": if let file = upload(payload, in: archive, path, notes) { files[file.path] = file }
            case "file_name": if let file = payload["file_name"]?.stringValue { run.tags["mlflow.source.name"] = file }
            case "git_metadata": git(payload, into: &run)
            default: notes.add("'\(type)' messages")
            }
        }
        if !console.isEmpty { files["output.log"] = ImportedFile(path: "output.log", size: Int64(console.count), place: .bytes(console)) }
        let project = facts["project_name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "comet"
        return Found(archive: archive, path: path, project: project, run: run.cleaned(notes), files: files.values.sorted { $0.path < $1.path })
    }

    /// Nested names are joined by `|` there, by `.` here.
    private static func parameter(_ param: JSON, into run: inout ImportedRun) {
        guard let name = param["paramName"]?.stringValue else { return }
        run.params[name.replacing("|", with: ".")] = Flat.text(param["paramValue"] ?? .null)
    }

    private static func git(_ payload: JSON, into run: inout ImportedRun) {
        let git = payload["git_metadata"] ?? payload
        if let commit = git["parent"]?.stringValue ?? git["commit"]?.stringValue { run.tags["mlflow.source.git.commit"] = commit }
        if let origin = git["origin"]?.stringValue { run.tags["mlflow.source.git.repoURL"] = origin }
        if let branch = git["branch"]?.stringValue { run.tags["mlflow.source.git.branch"] = branch }
    }

    /// `file_path` names an entry of the archive; what the file is called stands in the parameters.
    private static func upload(_ payload: JSON, in archive: ZipArchive, _ path: String, _ notes: ImportNotes) -> ImportedFile? {
        let stored = ((payload["file_path"]?.stringValue ?? "") as NSString).lastPathComponent
        guard let entry = archive.entry(named: stored) else {
            notes.add("uploads whose file is not in the archive")
            return nil
        }
        let additional = payload["additional_params"] ?? .null
        let kind = payload["upload_type"]?.stringValue ?? additional["type"]?.stringValue ?? "asset"
        // Names are the experiment's own: they may not lead out of its folder.
        let name = (additional["fileName"]?.stringValue ?? additional["name"]?.stringValue ?? stored)
            .split(whereSeparator: { $0 == "/" || $0 == "\\" }).filter { $0 != "." && $0 != ".." }.joined(separator: "/")
        return ImportedFile(path: "\(Flat.name(kind))/\(name.isEmpty ? stored : name)", size: entry.size, place: .entry(entry.index))
    }

    // MARK: Points and files

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        guard let one = found.first(where: { $0.run.id == run.id }) else { return }
        var gathered = GatheredPoints(run: run.id)
        try await CometArchives.messages(one.archive, one.path) { type, payload in
            guard type == "metric_msg" else { return }
            let metric = payload["metric"] ?? .null
            guard let name = metric["metricName"]?.stringValue, let value = CometArchives.number(metric["metricValue"] ?? .null) else {
                return notes.add("metric messages without a number")
            }
            if let epoch = metric["epoch"], !epoch.isNull { notes.add("epochs of metric points (the step is kept)") }
            let time = payload["local_timestamp"]?.intValue ?? metric["timestamp"]?.intValue ?? run.startTime
            gathered.add(Flat.name(name), .init(timestamp: max(0, time), step: metric["step"]?.intValue ?? 0, value: value))
            if gathered.count >= 20_000 { try await take(gathered.take()) }
        }
        if gathered.count > 0 { try await take(gathered.take()) }
    }

    /// Numbers may be written as texts.
    private static func number(_ value: JSON) -> Double? {
        if let number = value.doubleValue { return number }
        if let flag = value.boolValue { return flag ? 1 : 0 }
        return value.stringValue.flatMap { Double($0) }
    }

    package func files(of run: ImportedRun) async throws -> [ImportedFile] { found.first { $0.run.id == run.id }?.files ?? [] }

    package func read(_ file: ImportedFile, _ take: (ByteBuffer) async throws -> Void) async throws {
        switch file.place {
        case .bytes(let bytes): try await take(ByteBuffer(bytes: bytes))
        case .entry(let index):
            guard let one = found.first(where: { $0.files.contains(file) }), one.archive.entries.indices.contains(index) else { return }
            try await one.archive.read(one.archive.entries[index], take)
        case .file, .address: break
        }
    }
}
