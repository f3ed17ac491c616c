import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TernKernel

/// Speaks to a tracking server that runs come over from. Reads only; what the server cannot answer at the moment is asked again.
package struct SourceServer: Sendable {
    /// Without a name and a password.
    package let url: String
    private let authorization: String?
    private let client: HTTPClient

    /// - Parameter environment: `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `…_PASSWORD`, where the address has none of its own.
    package init(url text: String, environment: [String: String], client: HTTPClient = .shared) throws {
        guard var parts = URLComponents(string: text), let scheme = parts.scheme, ["http", "https"].contains(scheme), parts.host != nil else {
            throw TernError.invalid("'\(text)' is not an address", hint: "such as http://127.0.0.1:5000")
        }
        let user = parts.user ?? environment["MLFLOW_TRACKING_USERNAME"]
        let password = parts.password ?? environment["MLFLOW_TRACKING_PASSWORD"]
        if let token = environment["MLFLOW_TRACKING_TOKEN"], parts.user == nil {
            authorization = "Bearer \(token)"
        } else {
            authorization = user.map { "Basic " + Data("\($0):\(password ?? "")".utf8).base64EncodedString() }
        }
        (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
        url = String((parts.string ?? text).reversed().drop { $0 == "/" }.reversed())
        self.client = client
    }

    func get(_ path: String, _ query: [(String, String)] = []) async throws -> JSON { try await json(.GET, SourceServer.address(path, query), nil) }

    func post(_ path: String, _ body: JSON) async throws -> JSON { try await json(.POST, path, body.bytes) }

    private func json(_ method: HTTPMethod, _ path: String, _ body: [UInt8]?) async throws -> JSON {
        let response = try await send(method, path, body)
        let bytes = try await response.body.collect(upTo: 1 << 30)
        return try JSON(parsing: bytes.readableBytesView)
    }

    func download(_ path: String, _ take: (ByteBuffer) async throws -> Void) async throws {
        let response = try await send(.GET, path, nil)
        for try await piece in response.body { try await take(piece) }
    }

    /// Whether anybody answers at all; asks once.
    func greet() async throws { _ = try await send(.GET, "/health", nil, attempts: 1, timeout: .seconds(10)) }

    private func send(_ method: HTTPMethod, _ path: String, _ body: [UInt8]?, attempts: Int = 6, timeout: TimeAmount = .minutes(10)) async throws
        -> HTTPClientResponse
    {
        var wait = Duration.milliseconds(500)
        for attempt in 1...attempts {
            var request = HTTPClientRequest(url: url + path)
            request.method = method
            if let authorization { request.headers.add(name: "Authorization", value: authorization) }
            if let body {
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .bytes(ByteBuffer(bytes: body))
            }
            do {
                let response = try await client.execute(request, timeout: timeout)
                if response.status == .ok { return response }
                let text = String(buffer: (try? await response.body.collect(upTo: 1 << 20)) ?? ByteBuffer())
                let message = (try? JSON(parsing: text))?["message"]?.stringValue ?? String(text.prefix(200))
                let code: TernError.Code =
                    switch response.status {
                    case .notFound: .notFound
                    case .unauthorized: .unauthenticated
                    case .forbidden: .notAllowed
                    case .badRequest: .invalidArgument
                    default: .unavailable
                    }
                let error = TernError(code, "\(url): \(method) \(path.prefix { $0 != "?" }) was answered with \(response.status.code): \(message)")
                if code != .unavailable || attempt == attempts { throw error }
            } catch let error as TernError {
                throw error
            } catch {
                if attempt == attempts { throw TernError(.unavailable, "no answer from \(url): \(error)", cause: error) }
            }
            try await Task.sleep(for: wait)
            wait *= 2
        }
        throw TernError(.unavailable, "no answer from \(url)")
    }

    static func address(_ path: String, _ query: [(String, String)]) -> String {
        query.isEmpty ? path : path + "?" + query.map { "\($0)=\(encode($1))" }.joined(separator: "&")
    }

    static func encode(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }
}
