import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import TernKernel

/// Objects on a server that speaks S3: Amazon's, MinIO, Ceph, R2, Google Cloud Storage's XML interface. Everything goes over Signature Version 4;
/// what is larger than one part goes up in parts, each verified by its MD5; whatever does not end well is aborted.
package final class S3Objects: ObjectStore {
    let configuration: S3Configuration
    let client: S3Client

    package var place: String { configuration.location }

    package init(_ configuration: S3Configuration, logger: Logger = Logger(label: "tern.s3")) {
        self.configuration = configuration
        client = S3Client(configuration, logger: logger)
    }

    // MARK: Keys

    /// Under the prefix of this store.
    func whole(_ key: String) throws -> String {
        let clean = try ObjectKey.clean(key)
        guard !clean.isEmpty else { throw TernError.invalid("Invalid path") }
        return configuration.prefix.isEmpty ? clean : "\(configuration.prefix)/\(clean)"
    }

    private func wholeFolder(_ folder: String) throws -> String {
        let parts = [configuration.prefix, try ObjectKey.clean(folder)].filter { !$0.isEmpty }
        return parts.isEmpty ? "" : parts.joined(separator: "/") + "/"
    }

    /// Without the prefix; nil for what is not below it.
    private func short(_ whole: String) -> String? {
        if configuration.prefix.isEmpty { return whole }
        return whole.hasPrefix(configuration.prefix + "/") ? String(whole.dropFirst(configuration.prefix.count + 1)) : nil
    }

    /// Runs a request and puts its failure into our words.
    func told<Value>(_ what: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as S3Failure {
            throw failure.error(what, at: configuration)
        }
    }

    // MARK: Reading

    package func head(_ key: String) async throws -> ObjectFacts? {
        let whole = try whole(key)
        return try await told("HEAD \(key)") {
            do {
                let answer = try await client.send(.init(what: "HEAD \(key)", method: .HEAD, key: whole, limit: .seconds(60)))
                return S3Objects.facts(key, answer.headers)
            } catch let failure as S3Failure where failure.isMissing {
                return nil
            }
        }
    }

    static func facts(_ key: String, _ headers: HTTPHeaders) -> ObjectFacts {
        ObjectFacts(
            key: key, size: headers.first(name: "content-length").flatMap { Int64($0) } ?? 0,
            modified: headers.first(name: "last-modified").flatMap(HTTPDate.parse) ?? Timestamp(milliseconds: 0),
            tag: S3Listing.bare(headers.first(name: "etag") ?? ""))
    }

    package func get(_ key: String, range: Range<Int64>?, matching tag: String?) async throws -> ObjectBytes {
        if let range, range.isEmpty { return ObjectBytes(ByteBuffer()) }
        let reading = S3Reading(store: self, key: key, whole: try whole(key), range: range, tag: tag)
        return ObjectBytes { reading }
    }

    package func list(_ folder: String, everything: Bool, after next: String?) async throws -> ObjectPage {
        let prefix = try wholeFolder(folder)
        var query = [("list-type", "2"), ("prefix", prefix)]
        if !everything { query.append(("delimiter", "/")) }
        if let next { query.append(("continuation-token", next)) }
        let listing = try await told("list \(folder)") {
            try S3Listing(parsing: try await client.send(.init(what: "list \(folder)", method: .GET, query: query)).body.readableBytesView)
        }
        // Some programs store an empty object under the folder's own name; it is no file.
        let objects = listing.entries.compactMap { entry in
            entry.key.hasSuffix("/")
                ? nil : short(entry.key).map { ObjectFacts(key: $0, size: entry.size, modified: entry.modified, tag: entry.tag) }
        }
        let folders = listing.prefixes.compactMap { short($0).map { String($0.dropLast()) } }
        return ObjectPage(objects: objects, folders: folders, next: listing.next)
    }

    package func localPath(_ key: String) -> String? { nil }

    // MARK: Deleting

    package func delete(_ key: String) async throws {
        let whole = try whole(key)
        try await told("DELETE \(key)") {
            do {
                _ = try await client.send(.init(what: "DELETE \(key)", method: .DELETE, key: whole))
            } catch let failure as S3Failure where failure.isMissing {
            }
        }
    }

    package func deleteAll(below folder: String) async throws {
        guard !(try ObjectKey.clean(folder)).isEmpty else { throw TernError.invalid("Invalid path") }
        let prefix = try wholeFolder(folder)
        // What is deleted is no longer listed: the first page again, until it is empty.
        while true {
            let keys = try await told("list \(folder)") {
                let answer = try await client.send(.init(what: "list \(folder)", method: .GET, query: [("list-type", "2"), ("prefix", prefix)]))
                return try S3Listing(parsing: answer.body.readableBytesView).entries.map(\.key)
            }
            if keys.isEmpty { return }
            try await told("delete \(folder)") { try await delete(whole: keys) }
        }
    }

    private func delete(whole keys: [String]) async throws {
        let body = ByteBuffer(string: S3Documents.delete(keys))
        let request = S3Client.Request(
            what: "delete \(keys.count) objects", method: .POST, query: [("delete", "")],
            headers: [("content-md5", S3Objects.md5(body).base64), ("content-type", "application/xml")], body: body)
        let answer = try await client.send(request)
        let root = try XMLElement(parsing: answer.body.readableBytesView)
        if let error = root.first("Error") {
            throw S3Failure(kind: .answered(status: 403, code: error["Code"] ?? ""), message: "\(error["Key"] ?? ""): \(error["Message"] ?? "")")
        }
    }

    // MARK: Copying

    package func copy(_ source: String, to target: String) async throws {
        let (from, to) = (try whole(source), try whole(target))
        var headers = [("x-amz-copy-source", SignatureV4.path("/\(configuration.bucket)/\(from)"))]
        // A copy onto itself must change something: its properties, replaced by the same.
        if from == to { headers.append(("x-amz-metadata-directive", "REPLACE")) }
        try await told("copy \(source)") {
            do {
                _ = try await client.send(.init(what: "copy \(source)", method: .PUT, key: to, headers: headers))
            } catch let failure as S3Failure where failure.isMissing {
                throw TernError.notFound("No such artifact: '\(source)'")
            }
        }
    }

    package func refresh(_ key: String) async throws { try await copy(key, to: key) }

    // MARK: Links

    package func link(_ purpose: ObjectLink.Purpose, _ key: String, expires: Period) throws -> ObjectLink {
        let whole = try whole(key)
        switch purpose {
        case .download(let disposition, let type):
            let query = [("response-content-disposition", disposition), ("response-content-type", type)]
            return .address(try client.link(.GET, whole, query: query, expires: expires))
        case .upload: return .address(try client.link(.PUT, whole, expires: expires))
        case .part(let upload, let number):
            try DiskUploads.check(number: number)
            return .address(try client.link(.PUT, whole, query: [("partNumber", String(number)), ("uploadId", upload)], expires: expires))
        }
    }

    // MARK: Housekeeping

    package func check() async throws {
        try await told("list the bucket") {
            let query = [("list-type", "2"), ("max-keys", "1"), ("prefix", try wholeFolder(""))]
            let answer = try await client.send(.init(what: "list the bucket", method: .GET, query: query, limit: .seconds(30)))
            do {
                _ = try S3Listing(parsing: answer.body.readableBytesView)
            } catch {
                throw TernError(
                    .unavailable, "what answers at \(configuration.scheme)://\(configuration.host) does not speak S3",
                    hint: "is AWS_ENDPOINT_URL_S3 the address of an S3 server?", cause: error)
            }
        }
    }

    package func sweep(olderThan age: Period) async throws {
        let oldest = Timestamp(Date()) - age
        let prefix = try wholeFolder("")
        var next: (key: String, id: String)?
        repeat {
            var query = [("uploads", ""), ("prefix", prefix)]
            if let next { query += [("key-marker", next.key), ("upload-id-marker", next.id)] }
            let page = try await told("list unfinished uploads") {
                try S3Uploads(parsing: try await client.send(.init(what: "list uploads", method: .GET, query: query)).body.readableBytesView)
            }
            for upload in page.uploads where upload.initiated < oldest {
                if let key = short(upload.key) { try await abortUpload(key, upload.id) }
            }
            next = page.next
        } while next != nil
    }

    static func md5(_ buffer: ByteBuffer) -> (base64: String, hex: String) {
        let digest = buffer.md5
        return (Data(digest).base64EncodedString(), SignatureV4.hex(digest))
    }
}

/// Reads an object; when the connection breaks off, goes on from where it was.
private struct S3Reading: ByteReading, Sendable {
    let store: S3Objects
    let key: String
    let whole: String
    let range: Range<Int64>?
    var tag: String?
    var body: Body?
    var position: Int64 = 0
    var end: Int64?
    var interruptions = 0

    /// Only the task that reads ever touches it.
    final class Body: @unchecked Sendable {  // an iterator that one reader alone advances
        var iterator: HTTPClientResponse.Body.AsyncIterator
        init(_ body: HTTPClientResponse.Body) { iterator = body.makeAsyncIterator() }
    }

    init(store: S3Objects, key: String, whole: String, range: Range<Int64>?, tag: String?) {
        self.store = store
        self.key = key
        self.whole = whole
        self.range = range
        self.tag = tag
        position = range?.lowerBound ?? 0
        end = range?.upperBound
    }

    mutating func next() async throws -> ByteBuffer? {
        while true {
            if let end, position >= end { return nil }
            do {
                if body == nil { try await open() }
                if let piece = try await body?.iterator.next() {
                    position += Int64(piece.readableBytes)
                    interruptions = 0
                    return piece
                }
                guard let end, position < end else { return nil }
                throw S3Failure(kind: .silent, message: "the answer ended early")
            } catch {
                if Task.isCancelled { throw CancellationError() }
                guard let failure = S3Failure(error) else { throw error }
                body = nil
                interruptions += 1
                guard case .silent = failure.kind,
                    let wait = store.configuration.retry.wait(after: interruptions, random: Double.random(in: 0...1))
                else { throw failure.error("GET \(key)", at: store.configuration) }
                try await Task.sleep(for: wait.duration)
            }
        }
    }

    private mutating func open() async throws {
        var request = S3Client.Request(what: "GET \(key)", method: .GET, key: whole, limit: .hours(24))
        if position > 0 || range != nil {
            request.headers.append(("range", "bytes=\(position)-" + (end.map { String($0 - 1) } ?? "")))
        }
        if let tag, !tag.isEmpty { request.headers.append(("if-match", "\"\(tag)\"")) }
        do {
            let response = try await store.client.open(request)
            if position > 0 || range != nil, response.status.code != 206 {
                throw TernError(.unavailable, "\(store.place) does not answer ranges, which \(key) needs")
            }
            if end == nil, let length = response.headers.first(name: "content-length").flatMap({ Int64($0) }) { end = position + length }
            if tag == nil { tag = response.headers.first(name: "etag").map(S3Listing.bare) }
            body = Body(response.body)
        } catch let failure as S3Failure where failure.isMissing {
            throw TernError.notFound("No such artifact: '\(key)'")
        } catch let failure as S3Failure {
            if case .answered(412, _) = failure.kind { throw TernError(.conflict, "\(key) was replaced a moment ago", hint: "ask again") }
            throw failure
        }
    }
}
