import Foundation
import NIOCore
import NIOHTTP1
import TernKernel

extension S3Objects {
    /// Parts of one upload that are on their way at once; each is held in memory.
    private static let atOnce = 3

    @discardableResult
    package func put(_ key: String, _ bytes: ObjectBytes, expecting: ObjectExpectation) async throws -> ObjectFacts {
        _ = try whole(key)
        var parts = PartReader(bytes, expecting, size: try partSize(for: expecting.size, of: key))
        let first = try await parts.next()
        if first.isLast {
            try parts.check.finish(key)
            try await told("PUT \(key)") { try await putOne(key, first.bytes) }
        } else {
            try await putParts(key, first.bytes, &parts)
        }
        guard let facts = try await head(key), facts.size == parts.check.size else {
            throw TernError(
                .dataLoss, "\(place) does not have \(key) as it was sent (\(parts.check.size) bytes)",
                hint: "somebody else may write there; send it again"
            )
        }
        return facts
    }

    /// At most 10 000 parts, all of one size: some servers insist on that.
    private func partSize(for size: Int64?, of key: String) throws -> Int {
        guard let size, size > 0 else { return configuration.partSize }
        guard size <= 5 << 40 else { throw TernError(.tooLarge, "\(key) has \(size) bytes; an object has at most 5 TiB") }
        let needed = (size / Int64(DiskUploads.parts.upperBound)) + 1
        let mebibytes = (needed >> 20) + 1
        return max(configuration.partSize, Int(mebibytes << 20))
    }

    private func putOne(_ key: String, _ bytes: ByteBuffer) async throws {
        try await sendVerified(
            .init(what: "PUT \(key)", method: .PUT, key: try whole(key), headers: [("content-type", "application/octet-stream")], body: bytes))
    }

    /// Sends bytes with their MD5, and looks at the tag that comes back. Bytes that did not arrive right are sent again.
    @discardableResult
    private func sendVerified(_ request: S3Client.Request) async throws -> String {
        var request = request
        let body = request.body ?? ByteBuffer()
        let (md5, hashed) = try await DiskWork.run { (S3Objects.md5(body), body.sha256.hex) }
        request.headers.append(("content-md5", md5.base64))
        request.bodyHash = hashed
        var attempt = 1
        while true {
            let answer = try await client.send(request)
            let tag = S3Listing.bare(answer.header("etag") ?? "")
            // With some kinds of encryption the tag is no MD5; Content-MD5 has then been all there is.
            let isMD5 =
                tag.utf8.count == 32 && answer.header("x-amz-server-side-encryption") != "aws:kms"
                && answer.header("x-amz-server-side-encryption-customer-algorithm") == nil
            if !isMD5 || tag.lowercased() == md5.hex { return tag }
            guard let wait = configuration.retry.wait(after: attempt, random: Double.random(in: 0...1)) else {
                // The object that is there is not what was sent: it must not be read by anybody.
                if let key = request.key, request.query.isEmpty { _ = try? await client.send(.init(what: "DELETE", method: .DELETE, key: key)) }
                throw S3Failure.corrupted
            }
            try await Task.sleep(for: wait.duration)
            attempt += 1
        }
    }

    private func putParts(_ key: String, _ first: ByteBuffer, _ parts: inout PartReader) async throws {
        let upload = try await beginUpload(key)
        do {
            var reader = parts
            let confirmed = try await withThrowingTaskGroup(of: ObjectPart.self) { group in
                var done: [ObjectPart] = []
                var piece = (bytes: first, isLast: false)
                var number = 1
                while true {
                    if number - 1 - done.count >= S3Objects.atOnce, let part = try await group.next() { done.append(part) }
                    guard number <= DiskUploads.parts.upperBound else {
                        throw TernError(
                            .tooLarge, "\(key) has more than \(DiskUploads.parts.upperBound) parts of \(reader.size) bytes",
                            hint: "send it with Content-Length, so that the parts can be made larger")
                    }
                    group.addTask { [bytes = piece.bytes, number] in try await self.sendPart(key, upload, number, bytes) }
                    if piece.isLast { break }
                    piece = try await reader.next()
                    number += 1
                }
                while let part = try await group.next() { done.append(part) }
                return done
            }
            parts = reader
            try parts.check.finish(key)
            try await complete(key, upload, confirmed.sorted { $0.number < $1.number }, size: parts.check.size)
        } catch {
            // Also when the caller is gone: what it leaves would be paid for by the month.
            await Task { try? await self.abortUpload(key, upload) }.value
            throw (error as? S3Failure)?.error("PUT \(key)", at: configuration) ?? error
        }
    }

    private func sendPart(_ key: String, _ upload: String, _ number: Int, _ bytes: ByteBuffer) async throws -> ObjectPart {
        let tag = try await sendVerified(
            .init(
                what: "part \(number) of \(key)", method: .PUT, key: try whole(key),
                query: [("partNumber", String(number)), ("uploadId", upload)], body: bytes))
        return ObjectPart(number: number, tag: tag)
    }

    /// - Parameter size: what the object must have then; nil when it is not known.
    private func complete(_ key: String, _ upload: String, _ parts: [ObjectPart], size: Int64?) async throws {
        let request = S3Client.Request(
            what: "complete \(key)", method: .POST, key: try whole(key), query: [("uploadId", upload)],
            headers: [("content-type", "application/xml")], body: ByteBuffer(string: S3Documents.complete(parts)))
        do {
            _ = try await client.send(request)
        } catch let failure as S3Failure where failure.isAnswer("NoSuchUpload") {
            // Perhaps it was completed, and only the answer was lost: then the object is there.
            guard let size, let facts = try await head(key), facts.size == size, facts.tag.hasSuffix("-\(parts.count)") else { throw failure }
        }
    }

    // MARK: Uploads in parts, by others

    package func beginUpload(_ key: String) async throws -> String {
        let whole = try whole(key)
        return try await told("begin \(key)") {
            let answer = try await client.send(
                .init(
                    what: "begin \(key)", method: .POST, key: whole, query: [("uploads", "")],
                    headers: [("content-type", "application/octet-stream")]))
            guard let id = try XMLElement(parsing: answer.body.readableBytesView)["UploadId"], !id.isEmpty else {
                throw TernError(.unavailable, "\(place) began an upload without giving its id")
            }
            return id
        }
    }

    package func uploadPart(
        _ key: String, _ upload: String, _ number: Int, _ bytes: ObjectBytes, expecting: ObjectExpectation
    ) async throws -> ObjectPart {
        try DiskUploads.check(number: number)
        // Through this server a part must fit into memory; through a link it may be larger.
        let body = try await bytes.collect(upTo: 256 << 20)
        var check = ByteCheck(expecting)
        check.update(body)
        try check.finish("part \(number) of \(key)")
        return try await told("part \(number) of \(key)") { try await sendPart(key, upload, number, body) }
    }

    @discardableResult
    package func completeUpload(_ key: String, _ upload: String, _ parts: [ObjectPart]) async throws -> ObjectFacts {
        try await told("complete \(key)") {
            do {
                try await complete(key, upload, parts, size: nil)
            } catch let failure as S3Failure where failure.isAnswer("NoSuchUpload") {
                throw TernError.notFound(
                    "there is no upload \(upload) of \(key)", hint: "it was completed, aborted or too old: begin again")
            } catch let failure as S3Failure where failure.isAnswer("InvalidPart") || failure.isAnswer("InvalidPartOrder") {
                throw TernError.invalid("the parts of \(key) are not there as named: \(failure.message)", hint: "send them again")
            } catch let failure as S3Failure where failure.isAnswer("EntityTooSmall") {
                throw TernError.invalid(
                    "a part of \(key) is too small: S3 wants 5 MiB of all but the last", hint: "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE=10485760")
            }
        }
        guard let facts = try await head(key) else { throw TernError(.dataLoss, "\(place) does not have \(key) after its upload") }
        return facts
    }

    package func abortUpload(_ key: String, _ upload: String) async throws {
        let whole = try whole(key)
        try await told("abort \(key)") {
            do {
                _ = try await client.send(.init(what: "abort \(key)", method: .DELETE, key: whole, query: [("uploadId", upload)]))
            } catch let failure as S3Failure where failure.isMissing || failure.isAnswer("NoSuchUpload") {
            }
        }
    }
}

/// Cuts a stream into parts of one size, the last one shorter.
struct PartReader {
    let size: Int
    private(set) var check: ByteCheck
    private var pieces: ObjectBytes.Iterator
    private var carried = ByteBuffer()
    private let expected: Int64?

    init(_ bytes: ObjectBytes, _ expecting: ObjectExpectation, size: Int) {
        self.size = size
        check = ByteCheck(expecting)
        pieces = bytes.makeAsyncIterator()
        expected = expecting.size
    }

    /// Looks ahead, so that the last part is known as the last.
    mutating func next() async throws -> (bytes: ByteBuffer, isLast: Bool) {
        var part = ByteBuffer()
        part.reserveCapacity(Int(min(Int64(size), expected ?? 64 << 10)))
        while true {
            while carried.readableBytes == 0 {
                guard let piece = try await pieces.next() else { return (part, true) }
                carried = piece
                check.update(piece)
            }
            let missing = size - part.readableBytes
            if missing == 0 { return (part, false) }
            if var slice = carried.readSlice(length: min(missing, carried.readableBytes)) { part.writeBuffer(&slice) }
        }
    }
}
