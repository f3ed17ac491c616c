import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import TernKernel

/// Signed requests to one bucket, repeated as long as that can help.
final class S3Client: Sendable {
    let configuration: S3Configuration
    private let http: HTTPClient
    private let logger: Logger

    init(_ configuration: S3Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        var settings = HTTPClient.Configuration(timeout: .init(connect: .seconds(5), read: .seconds(30), write: .seconds(30)))
        // A refused connection is known at once; how often it is tried again is decided here, not in the pool.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        settings.redirectConfiguration = .disallow
        settings.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    deinit { http.shutdown { _ in } }

    struct Request {
        var what: String
        var method: HTTPMethod
        /// Whole key; nil is the bucket.
        var key: String?
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var body: ByteBuffer?
        /// Known already, where a request is repeated or its parts are hashed elsewhere.
        var bodyHash: String?
        /// What the answer is read within, bodies of downloads aside.
        var limit: TimeAmount = .minutes(10)
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body = ByteBuffer()

        func header(_ name: String) -> String? { headers.first(name: name) }
    }

    /// The answer, read whole.
    ///
    /// - Throws: `S3Failure` when it is none of the good statuses and repeating did not help.
    func send(_ request: Request) async throws -> Answer {
        try await attempt(request) { response in
            // A page of a listing has at most 1000 keys of at most 1024 bytes.
            let body = request.method == .HEAD ? ByteBuffer() : try await response.body.collect(upTo: 16 << 20)
            let answer = Answer(status: Int(response.status.code), headers: response.headers, body: body)
            // Completing and copying begin their answer before they know how it ends.
            if let failure = S3Client.failure(inside: body) { throw failure }
            return answer
        }
    }

    /// The answer with its body still to come.
    func open(_ request: Request) async throws -> HTTPClientResponse { try await attempt(request) { $0 } }

    private func attempt<Value>(_ request: Request, _ read: (HTTPClientResponse) async throws -> Value) async throws -> Value {
        var request = request
        if request.bodyHash == nil { request.bodyHash = request.body?.sha256.hex ?? SignatureV4.emptyBody }
        var attempt = 1
        while true {
            do {
                let response = try await http.execute(try signed(request), timeout: request.limit, logger: logger)
                let status = Int(response.status.code)
                guard (200...299).contains(status) || status == 304 else { throw try await S3Client.failure(response, request) }
                return try await read(response)
            } catch {
                if Task.isCancelled { throw CancellationError() }
                guard let failure = S3Failure(error) else { throw error }
                // Expired credentials are read again for the next attempt.
                guard failure.mayPass || (failure.isExpired && attempt == 1),
                    let wait = configuration.retry.wait(after: attempt, asked: failure.retryAfter, random: Double.random(in: 0...1))
                else { throw failure }
                logger.debug("S3: \(request.what), attempt \(attempt): \(failure.message)")
                try await Task.sleep(for: wait.duration)
                attempt += 1
            }
        }
    }

    private func signed(_ request: Request) throws -> HTTPClientRequest {
        let signature = SignatureV4(credentials: try configuration.credentials(), region: configuration.region)
        let path = configuration.path(request.key)
        let headers = signature.sign(
            .init(method: request.method.rawValue, host: configuration.host, path: path, query: request.query, headers: request.headers),
            bodyHash: request.bodyHash ?? SignatureV4.emptyBody, at: Timestamp(Date()))
        let query = SignatureV4.query(request.query)
        var signed = HTTPClientRequest(url: "\(configuration.scheme)://\(configuration.host)\(path)" + (query.isEmpty ? "" : "?" + query))
        signed.method = request.method
        for (name, value) in headers { signed.headers.add(name: name, value: value) }
        if let body = request.body { signed.body = .bytes(body) }
        return signed
    }

    /// A link that carries its own proof.
    func link(
        _ method: HTTPMethod, _ key: String, query: [(name: String, value: String)] = [], expires: Period
    ) throws -> String {
        let signature = SignatureV4(credentials: try configuration.credentials(), region: configuration.region)
        let path = configuration.path(key)
        let seconds = Int(min(max(expires.milliseconds / 1000, 1), 604_800))
        let signed = signature.presign(
            .init(method: method.rawValue, host: configuration.host, path: path, query: query), expires: seconds, at: Timestamp(Date()))
        return "\(configuration.scheme)://\(configuration.host)\(path)?\(signed)"
    }

    // MARK: Failures

    private static func failure(_ response: HTTPClientResponse, _ request: Request) async throws -> S3Failure {
        let status = Int(response.status.code)
        let body = request.method == .HEAD ? nil : try? await response.body.collect(upTo: 1 << 20)
        let element = body.flatMap { try? XMLElement(parsing: $0.readableBytesView) }
        var code = element?["Code"] ?? ""
        if code.isEmpty, request.method == .HEAD, status == 404 { code = "NoSuchKey" }
        var message = element?["Message"] ?? ""
        if let region = response.headers.first(name: "x-amz-bucket-region"), status == 301 || code == "AuthorizationHeaderMalformed" {
            message += " (the bucket is in \(region))"
        }
        let wait = response.headers.first(name: "retry-after").flatMap { Double($0) }.map { Period.seconds(min(max($0, 0), 3600)) }
        return S3Failure(kind: .answered(status: status, code: code), message: message, retryAfter: wait)
    }

    /// An answer with the status 200 may still tell of an error.
    private static func failure(inside body: ByteBuffer) -> S3Failure? {
        guard body.readableBytes < 64 << 10, let element = try? XMLElement(parsing: body.readableBytesView), element.name == "Error" else {
            return nil
        }
        return S3Failure(kind: .answered(status: 500, code: element["Code"] ?? ""), message: element["Message"] ?? "")
    }
}
