import Foundation
import TernKernel

/// Which bucket, where, and as whom.
package struct S3Configuration: Sendable {
    package var bucket: String
    /// Before every key; without slashes at its ends, may be empty.
    package var prefix: String
    package var region: String
    /// `https` or `http`.
    package var scheme: String
    /// With the port, where it is not the usual one.
    package var host: String
    /// What stands before the bucket or key in paths: empty, or with a slash in front and none behind.
    package var basePath: String
    package var pathStyle: Bool
    package var credentials: @Sendable () throws -> S3Credentials
    /// The size of the parts of an upload, in bytes; S3 wants at least 5 MiB of all but the last.
    package var partSize = 8 << 20
    package var retry = RetryPolicy()

    /// - Parameter location: `s3://bucket/prefix`.
    /// - Throws: `invalid_argument` for a location or an endpoint that cannot be one.
    package init(location: String, settings: AWSSettings = AWSSettings()) throws {
        let hint = "write it as s3://bucket/prefix"
        guard location.hasPrefix("s3://") else { throw TernError.invalid("'\(location)' is not a place for blobs", hint: hint) }
        let parts = location.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = parts.first.map(String.init) ?? ""
        let allowed = bucket.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0) || (65...90).contains($0) || ".-_".utf8.contains($0)
        }
        guard (3...63).contains(bucket.utf8.count), allowed else { throw TernError.invalid("'\(bucket)' cannot be the name of a bucket", hint: hint) }
        prefix = try ObjectKey.clean(parts.count > 1 ? String(parts[1]) : "")
        guard prefix.utf8.count <= 100 else { throw TernError.invalid("the prefix of \(location) is longer than 100 bytes") }
        region = settings.region
        credentials = settings.credentials
        guard let endpoint = settings.endpoint else {
            let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
            scheme = "https"
            // A bucket with dots has no certificate of its own.
            pathStyle = bucket.contains(".")
            host = (pathStyle ? "" : bucket + ".") + "s3.\(region).\(domain)"
            basePath = ""
            return
        }
        guard let url = URLComponents(string: endpoint), let name = url.scheme?.lowercased(), ["http", "https"].contains(name),
            let server = url.host, !server.isEmpty, url.query == nil
        else {
            throw TernError.invalid("'\(endpoint)' is not the address of an S3 server", hint: "AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000")
        }
        scheme = name
        host = (server.contains(":") && !server.hasPrefix("[") ? "[\(server)]" : server) + (url.port.map { ":\($0)" } ?? "")
        basePath = url.percentEncodedPath.split(separator: "/").map { "/" + $0 }.joined()
        pathStyle = true
    }

    package var location: String { "s3://\(bucket)" + (prefix.isEmpty ? "" : "/\(prefix)") }

    /// The same bucket, further down.
    package func below(_ folder: String) -> S3Configuration {
        var inner = self
        inner.prefix = prefix.isEmpty ? folder : "\(prefix)/\(folder)"
        return inner
    }

    /// Of a whole key; nil is the bucket.
    func path(_ key: String?) -> String {
        let start = basePath + (pathStyle ? "/" + bucket : "")
        guard let key else { return start.isEmpty ? "/" : start }
        return start + "/" + SignatureV4.path(key)
    }
}

/// How often a request is repeated, and after how long.
package struct RetryPolicy: Sendable {
    package var attempts = 5
    package var base: Period = .seconds(0.2)
    package var longest: Period = .seconds(10)

    package init() {}

    /// Waits a random part of a time that doubles (AWS Architecture Blog, "Exponential Backoff And Jitter": full jitter).
    ///
    /// - Parameter attempt: the one that failed, counted from 1.
    /// - Parameter asked: what the server said in `Retry-After`.
    /// - Parameter random: 0…1.
    /// - Returns: nil when there have been enough.
    package func wait(after attempt: Int, asked: Period? = nil, random: Double) -> Period? {
        guard attempt < attempts else { return nil }
        let doubled = base.seconds * Double(UInt64(1) << UInt64(min(max(attempt, 1), 30) - 1))
        let jittered = Period.seconds(min(longest.seconds, doubled) * min(max(random, 0), 1))
        return max(jittered, min(asked ?? .zero, longest))
    }
}
