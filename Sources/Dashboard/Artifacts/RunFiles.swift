import Foundation
import NIOCore
import TernKernel
import TernStore
import Tracking

/// The files of one run, as pages read them. Everything that depends on how the store keeps them stands here.
struct RunFiles: Sendable {
    struct Entry: Sendable, Equatable {
        /// Below the run's root.
        var path: String
        var isFolder: Bool
        var size: Int64?
    }

    private static let scheme = "mlflow-artifacts:/"

    private let artifacts: ArtifactStore
    private let root: String

    /// Nil when the files are kept elsewhere.
    init?(_ artifacts: ArtifactStore?, of run: Run) {
        guard let artifacts, run.info.artifactURI.hasPrefix(RunFiles.scheme) else { return nil }
        self.artifacts = artifacts
        // With or without an authority: `mlflow-artifacts:/p` and `mlflow-artifacts://host:port/p` name the same folder.
        var rest = run.info.artifactURI.dropFirst(RunFiles.scheme.count - 1)
        if rest.hasPrefix("//") { rest = rest.dropFirst(2).drop { $0 != "/" } }
        root = String(rest.drop { $0 == "/" })
    }

    /// What a folder holds, folders first.
    func list(_ folder: String) async throws -> [Entry] {
        let path = try await innocent(folder)
        return try await artifacts.list(path.isEmpty ? root : "\(root)/\(path)").map { entry in
            Entry(path: path.isEmpty ? entry.name : "\(path)/\(entry.name)", isFolder: entry.isFolder, size: entry.size)
        }.sorted { ($1.isFolder ? 1 : 0, $0.path) < ($0.isFolder ? 1 : 0, $1.path) }
    }

    /// At most `limit` bytes from the start, and how many there are.
    ///
    /// - Throws: `not_found`, also for a folder.
    func read(_ path: String, upTo limit: Int) async throws -> (bytes: Data, size: Int64) {
        let facts = try await artifacts.facts("\(root)/\(try await innocent(path))")
        var bytes = Data()
        for try await piece in try await artifacts.read(facts, range: 0..<min(facts.size, Int64(limit))) { bytes += piece.readableBytesView }
        return (bytes, facts.size)
    }

    /// Joined to the root, a path could climb back out of the run; alone, the store refuses it.
    private func innocent(_ path: String) async throws -> String {
        _ = try await artifacts.list(path)
        return path.split(separator: "/").joined(separator: "/")
    }
}
