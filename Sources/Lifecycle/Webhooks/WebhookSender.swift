import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import TernKernel

/// Sends one message, signed as MLflow signs.
package struct WebhookSender: Sendable {
    package struct Message: Sendable {
        package var id: String
        package var url: String
        package var body: String
        package var secret: String?
        package var sentAt: Timestamp
    }

    package struct Answer: Sendable {
        package var status: Int
        package var body: String
        package var retryAfter: Period?

        package init(status: Int, body: String = "", retryAfter: Period? = nil) {
            self.status = status
            self.body = body
            self.retryAfter = retryAfter
        }
    }

    /// How long one attempt may take.
    static let timeout = Period.seconds(10)
    /// How much of an answer is read.
    static let longestAnswer = 64 << 10

    private let rules: WebhookRules
    /// Redirects are not followed: where they lead has not been checked.
    private let client: HTTPClient.Configuration

    package init(rules: WebhookRules) {
        self.rules = rules
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: .milliseconds(WebhookSender.timeout.milliseconds)))
        configuration.httpVersion = .http1Only
        client = configuration
    }

    /// - Throws: `invalid_argument` when the address may not be called, `unavailable` when there is no answer in time.
    package func send(_ message: Message) async throws -> Answer {
        let host = try rules.host(of: message.url)
        var configuration = client
        if let address = try await rules.address(of: host) { configuration.dnsOverride = [host: address] }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer: Result<Answer, any Error>
        do { answer = .success(try await send(message, by: client)) } catch { answer = .failure(error) }
        try? await client.shutdown()
        return try answer.get()
    }

    private func send(_ message: Message, by client: HTTPClient) async throws -> Answer {
        var request = HTTPClientRequest(url: message.url)
        request.method = .POST
        let seconds = String(message.sentAt.milliseconds / 1000)
        request.headers = [
            "Content-Type": "application/json", "User-Agent": "Tern", "X-MLflow-Delivery-Id": message.id, "X-MLflow-Timestamp": seconds,
        ]
        if let secret = message.secret, !secret.isEmpty {
            request.headers.add(name: "X-MLflow-Signature", value: WebhookSender.signature(message, secret))
        }
        request.body = .bytes(ByteBuffer(string: message.body))
        do {
            let response = try await client.execute(request, timeout: .milliseconds(WebhookSender.timeout.milliseconds))
            let body = try? await response.body.collect(upTo: WebhookSender.longestAnswer)
            let wished = response.headers.first(name: "Retry-After").flatMap { Int64($0) }.map { Period.seconds(Double(max(0, min($0, 3600)))) }
            return Answer(
                status: Int(response.status.code), body: body.map { String(buffer: $0) } ?? "", retryAfter: wished)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw TernError(.unavailable, "no answer from \(message.url): \(error)", hint: "is it up, and its address right?", cause: error)
        }
    }

    /// `v1,` and the HMAC-SHA-256 of `id.seconds.body`, in base 64: MLflow's scheme, after www.standardwebhooks.com.
    static func signature(_ message: Message, _ secret: String) -> String {
        let signed = "\(message.id).\(message.sentAt.milliseconds / 1000).\(message.body)"
        let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return "v1," + Data(code).base64EncodedString()
    }
}
