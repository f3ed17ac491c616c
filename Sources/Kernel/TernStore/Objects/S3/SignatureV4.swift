import Crypto
import Foundation
import TernKernel

/// AWS Signature Version 4, as S3 wants it: the path encoded once, the body's SHA-256 in a header of its own.
/// (AWS, "Authenticating Requests: Using the Authorization Header" and "…Using Query Parameters".)
struct SignatureV4: Sendable {
    static let emptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    static let unsignedBody = "UNSIGNED-PAYLOAD"

    var credentials: S3Credentials
    var region: String
    var service = "s3"

    struct Request {
        var method: String
        var host: String
        /// Encoded, with its slash.
        var path: String
        /// Not encoded.
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
    }

    /// The headers to send: those of the request, and the ones that prove who asks.
    func sign(_ request: Request, bodyHash: String, at time: Timestamp) -> [(name: String, value: String)] {
        let stamp = SignatureV4.stamp(time)
        var headers = request.headers + [("host", request.host), ("x-amz-content-sha256", bodyHash), ("x-amz-date", stamp)]
        if let token = credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
        let (canonical, signed) = canonicalRequest(request, headers: headers, query: request.query, bodyHash: bodyHash)
        let signature = sign(canonical, stamp: stamp)
        let proof =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope(stamp)),SignedHeaders=\(signed),Signature=\(signature)"
        return headers + [("authorization", proof)]
    }

    /// A query that proves by itself who allowed the request, for `expires` seconds (at most seven days).
    func presign(_ request: Request, expires: Int, at time: Timestamp) -> String {
        let stamp = SignatureV4.stamp(time)
        let headers = request.headers + [("host", request.host)]
        let names = headers.map { $0.name.lowercased() }.sorted().joined(separator: ";")
        var query = request.query
        query += [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(credentials.accessKey)/\(scope(stamp))"), ("X-Amz-Date", stamp),
            ("X-Amz-Expires", String(expires)), ("X-Amz-SignedHeaders", names),
        ]
        if let token = credentials.sessionToken { query.append(("X-Amz-Security-Token", token)) }
        let (canonical, _) = canonicalRequest(request, headers: headers, query: query, bodyHash: SignatureV4.unsignedBody)
        return SignatureV4.query(query) + "&X-Amz-Signature=" + sign(canonical, stamp: stamp)
    }

    func canonicalRequest(
        _ request: Request, headers: [(name: String, value: String)], query: [(name: String, value: String)], bodyHash: String
    ) -> (text: String, signedHeaders: String) {
        let sorted = headers.map { (name: $0.name.lowercased(), value: SignatureV4.trimmed($0.value)) }.sorted { $0.name < $1.name }
        let names = sorted.map(\.name).joined(separator: ";")
        let lines = sorted.map { "\($0.name):\($0.value)\n" }.joined()
        return ("\(request.method)\n\(request.path)\n\(SignatureV4.query(query))\n\(lines)\n\(names)\n\(bodyHash)", names)
    }

    private func scope(_ stamp: String) -> String { "\(stamp.prefix(8))/\(region)/\(service)/aws4_request" }

    private func sign(_ canonical: String, stamp: String) -> String {
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope(stamp))\n\(Digest(of: canonical).hex)"
        var key = SymmetricKey(data: Data("AWS4\(credentials.secretKey)".utf8))
        for part in [String(stamp.prefix(8)), region, service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key))
        }
        return SignatureV4.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
    }

    // MARK: Text

    /// `20130524T000000Z`.
    static func stamp(_ time: Timestamp) -> String { time.floor(to: .seconds(1)).description.filter { $0 != "-" && $0 != ":" } }

    /// Names sorted by their encoded form, an equals sign behind each.
    static func query(_ items: [(name: String, value: String)]) -> String {
        items.map { (encode($0.name), encode($0.value)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// A key as a path: each byte but letters, digits and `-._~/` as `%XX`.
    static func path(_ key: String) -> String { encode(key, keeping: "/") }

    static func encode(_ text: String, keeping kept: String = "") -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): out.append(byte)
            case _ where kept.utf8.contains(byte): out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Spaces at the ends gone, several in a row made one.
    private static func trimmed(_ value: String) -> String { value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }

    static func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
