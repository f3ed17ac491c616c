import NIOCore
import Synchronization
import TernKernel

/// A store that runs come over from. Everything is read piece by piece, so that its size does not matter; nothing of it is changed.
package protocol ImportSource: Sendable {
    /// `mlflow`, `wandb`, `tensorboard`, `comet` or `tern`.
    var kind: String { get }
    /// The same each time: an absolute path or an address without a password.
    var name: String { get }
    /// Whether a history may name one point twice (files do, databases do not).
    var repeatsPoints: Bool { get }
    /// What was left behind and why.
    var notes: ImportNotes { get }

    /// How many runs there are, for the progress bar.
    func runCount() async throws -> Int
    func experiments() async throws -> [ImportedExperiment]
    /// Hands over the runs of an experiment, some at a time, in an order that is the same each time.
    func runs(of experiment: ImportedExperiment, _ take: ([ImportedRun]) async throws -> Void) async throws
    /// Hands over a run's points, some at a time.
    func points(of run: ImportedRun, _ take: ([PointBlock]) async throws -> Void) async throws
    func files(of run: ImportedRun) async throws -> [ImportedFile]
    func loggedModels(of experiment: ImportedExperiment) async throws -> [ImportedLoggedModel]
    func files(of model: ImportedLoggedModel) async throws -> [ImportedFile]
    func registeredModels() async throws -> [ImportedModel]
    /// Hands over a file's bytes.
    func read(_ file: ImportedFile, _ take: (ByteBuffer) async throws -> Void) async throws
}

extension ImportSource {
    package var repeatsPoints: Bool { true }
    package func loggedModels(of experiment: ImportedExperiment) async throws -> [ImportedLoggedModel] { [] }
    package func files(of model: ImportedLoggedModel) async throws -> [ImportedFile] { [] }
    package func registeredModels() async throws -> [ImportedModel] { [] }

    package func read(_ file: ImportedFile, _ take: (ByteBuffer) async throws -> Void) async throws {
        switch file.place {
        case .file(let path): try await LocalFiles.read(path, take)
        case .bytes(let bytes): try await take(ByteBuffer(bytes: bytes))
        case .address, .entry: throw TernError(.internal, "\(kind) cannot read \(file.path)")
        }
    }
}

/// What an import left behind: a reason, and how often.
package final class ImportNotes: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    package init() {}

    package func add(_ reason: String, _ count: Int = 1) {
        if count > 0 { counts.withLock { $0[reason, default: 0] += count } }
    }

    package var all: [String: Int] { counts.withLock { $0 } }
}
