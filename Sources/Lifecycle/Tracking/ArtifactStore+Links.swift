import TernKernel
import TernStore

/// Uploads in parts, and links by which bytes go to and fro without a login.
extension ArtifactStore {
    /// Begins an upload in parts; nothing is visible before it is completed.
    package func beginUpload(_ path: String) async throws -> String { try await objects.beginUpload(try file(at: path)) }

    package func completeUpload(_ path: String, _ upload: String, _ parts: [ObjectPart]) async throws {
        try await objects.completeUpload(try file(at: path), upload, parts)
    }

    package func abortUpload(_ path: String, _ upload: String) async throws { try await objects.abortUpload(try file(at: path), upload) }

    /// Takes a part of an upload that was begun here.
    package func uploadPart(
        _ path: String, _ upload: String, _ number: Int, _ bytes: ObjectBytes, expecting: ObjectExpectation
    ) async throws -> ObjectPart {
        try await objects.uploadPart(try file(at: path), upload, number, bytes, expecting: expecting)
    }

    /// - Throws: `not_implemented` where clients may not be sent to the S3 server itself.
    package func link(_ purpose: ObjectLink.Purpose, _ path: String, expires: Period) throws -> ObjectLink {
        guard allowsLinks else { throw TernError(.notImplemented, "links are turned off on this server (TERN_BLOBS_LINKS)") }
        return try objects.link(purpose, try file(at: path), expires: expires)
    }

    /// Whether links lead to another server, so that bytes need not pass this one.
    package var hasForeignLinks: Bool { allowsLinks && !(objects is DiskObjects) }

    /// Whether a link of this server's own says that this may be done now.
    ///
    /// - Throws: `not_allowed` when it does not; `not_found` where links lead elsewhere.
    package func verify(_ purpose: ObjectLink.Purpose, _ path: String, expires: String, signature: String) throws {
        guard let disk = objects as? DiskObjects else { throw TernError.notFound("this server makes no links of its own") }
        try disk.verify(purpose, try file(at: path), expires: expires, signature: signature)
    }
}
