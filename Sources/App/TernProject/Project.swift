import Datasets
import Foundation
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import TernKernel

/// What one `tern.yaml` declares, each part in the words of the room that owns it.
package struct Project: Codable, Hashable, Sendable {
    package var name: String
    package var owner: String
    /// The folder of `tern.yaml`; paths in it are relative to this.
    package var folder: String
    package var datasets: [DatasetDeclaration] = []
    package var pipelines: [PipelineDefinition] = []
    package var models: [ModelDeclaration] = []
    package var endpoints: [EndpointDeclaration] = []
    package var monitors: [MonitorDeclaration] = []
    package var policies: [PolicyDeclaration] = []

    package init(name: String, owner: String, folder: String) {
        self.name = name
        self.owner = owner
        self.folder = folder
    }

    /// Reads and checks a file, offline.
    ///
    /// - Throws: `invalid_argument` whose message lists every problem with file, line and column.
    package static func load(_ path: String) throws -> Project {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TernError.notFound("no file at \(path)", hint: "make one: tern init")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        return try read(String(decoding: data, as: UTF8.self), file: path, folder: folder)
    }

    /// The same from text; `file` is the name that problems show.
    package static func read(_ text: String, file: String, folder: String) throws -> Project {
        let problems = ProblemList(file: file)
        let project = ProjectReader(problems: problems, folder: folder).read(text)
        guard problems.isEmpty, let project else { throw problems.error }
        return project
    }

    /// The nearest `tern.yaml` from `folder` upward.
    package static func find(from folder: String = FileManager.default.currentDirectoryPath) -> String? {
        var url = URL(fileURLWithPath: folder).standardizedFileURL
        while true {
            let candidate = url.appendingPathComponent("tern.yaml").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
            if url.path == "/" { return nil }
            url.deleteLastPathComponent()
        }
    }
}
