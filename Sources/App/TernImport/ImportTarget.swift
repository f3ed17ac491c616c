import NIOCore
import TernKernel

/// The server that runs come over to, as the importer needs it. Each request may be repeated without harm.
package protocol ImportTarget: Sendable {
    /// POST below `/api/tern/v1/`.
    func post(_ path: String, _ body: JSON) async throws -> JSON
    /// POST of `PointBlock`s to `import/points`.
    func send(points: [UInt8]) async throws
    /// POST of the ONNX file of an imported version to `import/model/file`; answers the digest of what arrived.
    func send(
        model: String, version: Int64, size: Int64, _ read: @Sendable @escaping ((ByteBuffer) async throws -> Void) async throws -> Void
    ) async throws -> Digest?
    /// What an artifact folder holds: names, and sizes of files.
    func list(_ folder: String) async throws -> [(name: String, isFolder: Bool, size: Int64)]
    /// Stores an artifact from pieces that `read` hands over.
    func upload(_ path: String, size: Int64, _ read: @Sendable @escaping ((ByteBuffer) async throws -> Void) async throws -> Void) async throws
    func download(_ path: String, _ take: (ByteBuffer) throws -> Void) async throws
}
