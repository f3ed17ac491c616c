import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TernKernel

/// Posts JSON with async-http-client: what the server puts behind `PolicyPorts.post`.
package struct WebhookClient: Sendable {
    private let client: HTTPClient
    private let timeout: TimeAmount

    package init(client: HTTPClient = .shared, timeout: Period = .seconds(5)) {
        self.client = client
        self.timeout = .milliseconds(timeout.milliseconds)
    }

    /// The answer's status.
    /// - Throws: `unavailable` when there is no answer in time.
    package func post(_ url: String, _ body: String) async throws -> Int {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "Tern")
        request.body = .bytes(ByteBuffer(string: body))
        do {
            return Int(try await client.execute(request, timeout: timeout).status.code)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw TernError(.unavailable, "no answer from \(url): \(error)", hint: "is the webhook up, and its address right?", cause: error)
        }
    }
}
