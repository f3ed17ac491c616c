import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TernImport
import TernKernel
import TernWeb

/// The server that an import sends to, or an export reads from. What it cannot answer at the moment is asked again for a minute: every request of
/// an import may be repeated.
struct ServerTarget: ImportTarget, ExportSource {
    let client: TernClient

    /// Waits between the attempts, in seconds; a server that is restarted is back within them.
    private static let waits: [Double] = [0.5, 1, 2, 4, 8, 15, 30]

    private func patiently<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        for wait in ServerTarget.waits {
            do {
                return try await body()
            } catch let error as TernError where error.code == .unavailable || error.code == .timeout {
                try await Task.sleep(for: .seconds(wait))
            }
        }
        return try await body()
    }

    func post(_ path: String, _ body: JSON) async throws -> JSON {
        let whole = path.hasPrefix("/") ? path : "/api/tern/v1/" + path
        let bytes = body.bytes
        return try await patiently { try await client.send(.POST, whole, body: bytes) }
    }

    func get(_ path: String) async throws -> JSON { try await patiently { try await client.send(.GET, path, body: nil) } }

    func send(points: [UInt8]) async throws {
        _ = try await patiently { try await client.send(.POST, "/api/tern/v1/import/points", body: points, type: "application/x-tern-points") }
    }

    // MARK: Artifacts

    private static let artifacts = "/api/2.0/mlflow-artifacts/artifacts"

    private static func address(_ path: String) -> String {
        artifacts + "/" + path.split(separator: "/").map { TernClient.encode(String($0)) }.joined(separator: "/")
    }

    func list(_ folder: String) async throws -> [(name: String, isFolder: Bool, size: Int64)] {
        let answer = try await get(ServerTarget.artifacts + "?path=" + TernClient.encode(folder))
        return (answer["files"]?.arrayValue ?? []).compactMap { file in
            guard let path = file["path"]?.stringValue, let name = path.split(separator: "/").last else { return nil }
            return (String(name), file["is_dir"]?.boolValue ?? false, file["file_size"]?.intValue ?? 0)
        }
    }

    func upload(_ path: String, size: Int64, _ read: @Sendable @escaping ((ByteBuffer) async throws -> Void) async throws -> Void) async throws {
        try await patiently {
            var request = HTTPClientRequest(url: client.url + ServerTarget.address(path))
            request.method = .PUT
            request.headers.add(name: "Content-Type", value: "application/octet-stream")
            request.body = .stream(HandedOver(read), length: .known(size))
            let response = try await execute(request)
            _ = try await response.body.collect(upTo: 1 << 20)
        }
    }

    func send(
        model: String, version: Int64, size: Int64, _ read: @Sendable @escaping ((ByteBuffer) async throws -> Void) async throws -> Void
    ) async throws -> Digest? {
        try await patiently {
            var request = HTTPClientRequest(url: "\(client.url)/api/tern/v1/import/model/file?name=\(TernClient.encode(model))&version=\(version)")
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/octet-stream")
            request.body = .stream(HandedOver(read), length: .known(size))
            let answer = try await execute(request).body.collect(upTo: 1 << 20)
            return try JSON(parsing: answer.readableBytesView)["digest"]?.stringValue.flatMap(Digest.init(hex:))
        }
    }

    func download(_ path: String, _ take: (ByteBuffer) throws -> Void) async throws { try await fetch(ServerTarget.address(path), take) }

    func fetch(_ path: String, _ take: (ByteBuffer) throws -> Void) async throws {
        let response = try await patiently { try await execute(HTTPClientRequest(url: client.url + path)) }
        for try await piece in response.body { try take(piece) }
    }

    private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        var request = request
        if let token = client.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        let response: HTTPClientResponse
        do {
            response = try await client.client.execute(request, timeout: .hours(1))
        } catch let error as TernError {
            throw error
        } catch {
            throw TernError(.unavailable, "no answer from \(client.url): \(error)", hint: "is the server running?", cause: error)
        }
        if (200..<300).contains(response.status.code) { return response }
        let text = String(buffer: (try? await response.body.collect(upTo: 1 << 20)) ?? ByteBuffer())
        let json = try? JSON(parsing: text)
        if let json, let error = TernError(json: json) { throw error }
        let code: TernError.Code =
            switch response.status.code {
            case 400: .invalidArgument
            case 403: .notAllowed
            case 404: .notFound
            case 502, 503, 504: .unavailable
            default: .internal
            }
        throw TernError(
            code, "\(request.method) \(request.url.dropFirst(client.url.count)): \(json?["message"]?.stringValue ?? "status \(response.status.code)")"
        )
    }
}

/// Pieces that a reader hands over, as a sequence that a request body can be made of. At most a few wait.
private struct HandedOver: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let read: @Sendable ((ByteBuffer) async throws -> Void) async throws -> Void

    init(_ read: @Sendable @escaping ((ByteBuffer) async throws -> Void) async throws -> Void) { self.read = read }

    func makeAsyncIterator() -> AsyncThrowingStream<ByteBuffer, any Error>.AsyncIterator {
        let gate = Gate()
        let read = read
        let stream = AsyncThrowingStream<ByteBuffer, any Error>(unfolding: { try await gate.next() })
        let task = Task {
            do {
                try await read { piece in try await gate.put(piece) }
                await gate.end(nil)
            } catch {
                await gate.end(error)
            }
        }
        _ = task
        return stream.makeAsyncIterator()
    }
}

/// Hands one piece at a time from a writer to a reader: the writer waits until its piece was taken.
private actor Gate {
    private var piece: ByteBuffer?
    private var ended = false
    private var failure: (any Error)?
    private var reader: CheckedContinuation<Void, Never>?
    private var writer: CheckedContinuation<Void, Never>?

    func put(_ next: ByteBuffer) async throws {
        while piece != nil, !ended { await withCheckedContinuation { writer = $0 } }
        piece = next
        reader?.resume()
        reader = nil
    }

    func end(_ error: (any Error)?) {
        ended = true
        failure = error
        reader?.resume()
        reader = nil
    }

    func next() async throws -> ByteBuffer? {
        while piece == nil {
            if let failure { throw failure }
            if ended { return nil }
            await withCheckedContinuation { reader = $0 }
        }
        defer {
            piece = nil
            writer?.resume()
            writer = nil
        }
        return piece
    }
}
