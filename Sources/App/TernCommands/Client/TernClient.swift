import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TernKernel
import TernWeb

/// Speaks Tern's REST API; the only way in which a command touches a server.
package struct TernClient: Sendable {
    package let url: String
    let token: String?
    let client: HTTPClient

    package init(url: String, token: String?, client: HTTPClient = .shared) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.token = token
        self.client = client
    }

    /// GET of a path below `/api/tern/v1`.
    package func get(_ path: String, _ query: [String: String?] = [:]) async throws -> JSON {
        try await send(.GET, "/api/tern/v1/" + path + TernClient.queryString(query), body: nil)
    }

    package func post(_ path: String, _ body: JSON = [:], timeout: TimeAmount = .hours(1)) async throws -> JSON {
        try await send(.POST, "/api/tern/v1/" + path, body: body.bytes, timeout: timeout)
    }

    package func delete(_ path: String) async throws -> JSON {
        try await send(.DELETE, "/api/tern/v1/" + path, body: nil)
    }

    /// Any request; answers the body as JSON.
    ///
    /// - Throws: the server's error as it was thrown there, or `unavailable` when nobody answers.
    package func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]?, type: String = "application/json", timeout: TimeAmount = .hours(1)
    ) async throws -> JSON {
        let (status, bytes) = try await raw(method, path, body: body, type: type, timeout: timeout)
        let json = bytes.isEmpty ? JSON.object([:]) : (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
        guard (200..<300).contains(status) else {
            if let error = TernError(json: json) { throw error }
            // Dialects have error shapes of their own.
            let message = json["error"]?.stringValue ?? json["message"]?.stringValue ?? json.stringValue ?? "status \(status)"
            throw TernError(.internal, "\(method) \(path): \(message)", details: ["status": JSON(status)])
        }
        return json
    }

    package func raw(
        _ method: HTTPMethod, _ path: String, body: [UInt8]?, type: String = "application/json", timeout: TimeAmount = .hours(1)
    ) async throws -> (status: Int, bytes: [UInt8]) {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: timeout)
        } catch {
            throw TernError(
                .unavailable, "no answer from \(url): \(error)", hint: "is the server running? tern server starts one; TERN_SERVER names another",
                cause: error)
        }
        let buffer = try await response.body.collect(upTo: 1 << 30)
        return (Int(response.status.code), Array(buffer.readableBytesView))
    }

    private static func queryString(_ query: [String: String?]) -> String {
        let items = query.compactMap { name, value in value.map { "\(name)=\(encode($0))" } }.sorted()
        return items.isEmpty ? "" : "?" + items.joined(separator: "&")
    }

    /// Percent-encodes one path segment or query value.
    package static func encode(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~:")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }
}
