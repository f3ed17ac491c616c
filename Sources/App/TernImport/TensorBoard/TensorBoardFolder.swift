import Foundation
import NIOCore
import TernKernel

/// A TensorBoard log folder: each folder in it that holds event files is a run, named by its path, as TensorBoard shows it.
package struct TensorBoardFolder: ImportSource {
    package let kind = "tensorboard"
    package let name: String
    package let notes = ImportNotes()
    private let found: [Found]

    private struct Found: Sendable {
        var files: [String]
        var run: ImportedRun
        var texts: [ImportedFile]
    }

    /// How many images of one run are kept as files.
    static let imageLimit = 1000

    /// - Throws: `not_found` when no event file lies below `path`, `invalid_argument` for one that is damaged in the middle.
    package init(path: String) throws {
        name = LocalFiles.absolute(path)
        let (root, notes) = (name, notes)
        let files = LocalFiles.files(below: root).map(\.path).filter { ($0 as NSString).lastPathComponent.contains(".tfevents.") }
        guard !files.isEmpty else { throw TernError.notFound("there is no event file (events.out.tfevents.…) below \(root)") }
        let byFolder = Dictionary(grouping: files) { ($0 as NSString).deletingLastPathComponent }
        found = try byFolder.sorted { $0.key < $1.key }.map { folder, files in
            try TensorBoardFolder.read(folder, files.sorted().map { root + "/" + $0 }, root, notes)
        }
    }

    private var experiment: String { (name as NSString).lastPathComponent }

    package func runCount() async throws -> Int { found.count }

    package func experiments() async throws -> [ImportedExperiment] {
        let begun = found.map(\.run.startTime).min() ?? 0
        return [ImportedExperiment(sourceID: name, name: experiment, createdAt: begun, updatedAt: found.compactMap(\.run.endTime).max() ?? begun)]
    }

    package func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws {
        for one in found { try await take([one.run]) }
    }

    /// Each record of the files, in order.
    private static func each(_ files: [String], _ body: (EventRecord) async throws -> Void) async throws {
        for path in files {
            var file = try EventFile(path: path)
            defer { file.close() }
            var plugins: [String: String] = [:]
            while let bytes = try file.next() { try await body(try record(bytes, &plugins, path)) }
        }
    }

    private static func record(_ bytes: [UInt8], _ plugins: inout [String: String], _ path: String) throws -> EventRecord {
        do {
            return try EventRecord(bytes, &plugins)
        } catch let error as TernError {
            throw TernError(error.code, "\(path): \(error.message)")
        }
    }

    private static func read(_ folder: String, _ files: [String], _ root: String, _ notes: ImportNotes) throws -> Found {
        var (params, texts): ([String: String], [ImportedFile]) = ([:], [])
        var (first, last): (Int64?, Int64) = (nil, 0)
        var images = 0
        for path in files {
            var file = try EventFile(path: path)
            defer { file.close() }
            var plugins: [String: String] = [:]
            while let bytes = try file.next() {
                let event = try record(bytes, &plugins, path)
                first = min(first ?? event.time, event.time)
                last = max(last, event.time)
                for value in event.values {
                    switch value.content {
                    case .hparams(let values): params.merge(values) { $1 }
                    case .text(let text):
                        texts.append(artifact(value.tag, event.step, "txt", Array(text.utf8)))
                    case .image(let bytes):
                        images += 1
                        if images <= imageLimit {
                            texts.append(artifact(value.tag, event.step, bytes.starts(with: [0x89, 0x50]) ? "png" : "img", bytes))
                        } else {
                            notes.add("images beyond the first \(imageLimit) of a run")
                        }
                    case .other(let kind): notes.add("\(kind) summaries")
                    case .scalar: break
                    }
                }
            }
        }
        let experiment = (root as NSString).lastPathComponent
        let run = ImportedRun(
            id: RunIdentity.id("tensorboard", root, folder), experiment: root, name: folder.isEmpty ? experiment : folder, status: "FINISHED",
            startTime: first ?? 0, endTime: last, params: params, tags: ["tensorboard.folder": folder.isEmpty ? "." : folder],
            revision: files.map(LocalFiles.revision).joined(separator: "\n"))
        return Found(files: files, run: run.cleaned(notes), texts: texts)
    }

    private static func artifact(_ tag: String, _ step: Int64, _ ending: String, _ bytes: [UInt8]) -> ImportedFile {
        ImportedFile(path: "tensorboard/\(Flat.name(tag))/\(step).\(ending)", size: Int64(bytes.count), place: .bytes(bytes))
    }

    package func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws {
        guard let one = found.first(where: { $0.run.id == run.id }) else { return }
        var gathered = GatheredPoints(run: run.id)
        try await TensorBoardFolder.each(one.files) { event in
            for value in event.values {
                guard case .scalar(let number) = value.content else { continue }
                gathered.add(Flat.name(value.tag), .init(timestamp: event.time, step: event.step, value: number))
            }
            if gathered.count >= 20_000 { try await take(gathered.take()) }
        }
        if gathered.count > 0 { try await take(gathered.take()) }
    }

    /// Images and texts; where a tag and step came twice, the last.
    package func files(of run: ImportedRun) async throws -> [ImportedFile] {
        guard let one = found.first(where: { $0.run.id == run.id }) else { return [] }
        return Dictionary(one.texts.map { ($0.path, $0) }, uniquingKeysWith: { $1 }).values.sorted { $0.path < $1.path }
    }
}
