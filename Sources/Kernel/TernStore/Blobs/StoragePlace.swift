import Foundation
import Logging
import TernKernel

/// Where a server keeps blobs and artifacts: in its home, or in a bucket of an S3 server.
package struct StoragePlace: Sendable {
    package let blobs: BlobStore
    package let artifacts: any ObjectStore
    /// Whether clients may be sent to the S3 server itself.
    package let allowsLinks: Bool
    /// Uploads that are not finished after this long never will be.
    private let stale: Period

    /// - Parameter location: nil or `""` for the home, or `s3://bucket/prefix`.
    /// - Parameter home: the server's folder; with a bucket it holds the cache only.
    package init(
        location: String?, home: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        logger: Logger = Logger(label: "tern.s3")
    ) throws {
        stale = try StoragePlace.period(environment["TERN_BLOBS_STALE"])
        guard let location, !location.isEmpty else {
            blobs = try BlobStore(folder: home + "/blobs")
            artifacts = try DiskObjects(folder: home + "/artifacts")
            allowsLinks = true
            return
        }
        let bucket = try S3Configuration(location: location, settings: AWSSettings(environment: environment))
        // Without credentials nothing will work: say so now.
        _ = try bucket.credentials()
        let limit = try StoragePlace.cacheLimit(environment["TERN_BLOBS_CACHE"])
        blobs = BlobStore(
            S3Objects(bucket.below("blobs"), logger: logger), cache: try BlobCache(folder: home + "/cache/blobs", limit: limit))
        artifacts = S3Objects(bucket.below("artifacts"), logger: logger)
        allowsLinks = try StoragePlace.flag(environment["TERN_BLOBS_LINKS"], called: "TERN_BLOBS_LINKS")
    }

    /// Bytes from `10GB`, `512MB` or a plain number; 10 GB without.
    static func cacheLimit(_ text: String?) throws -> Int64 {
        guard let text, !text.isEmpty else { return 10_000_000_000 }
        let units: [(String, Int64)] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("", 1)]
        for (unit, factor) in units where text.uppercased().hasSuffix(unit) {
            guard let number = Int64(text.dropLast(unit.count)), number >= 0, case let (bytes, false) = number.multipliedReportingOverflow(by: factor)
            else { break }
            return bytes
        }
        throw TernError.invalid("TERN_BLOBS_CACHE is '\(text)'", hint: "give a size such as 20GB or 500MB")
    }

    static func period(_ text: String?) throws -> Period {
        guard let text, !text.isEmpty else { return .days(1) }
        guard let period = Period(text) else { throw TernError.invalid("TERN_BLOBS_STALE is '\(text)'", hint: "give a time such as 1d or 6h") }
        return period
    }

    static func flag(_ text: String?, called name: String) throws -> Bool {
        switch text?.lowercased() {
        case nil, "", "on", "true", "1": return true
        case "off", "false", "0": return false
        case .some(let other): throw TernError.invalid("\(name) is '\(other)'", hint: "set it to on or off")
        }
    }

    /// Says what is wrong before the server starts.
    package func check() async throws { try await artifacts.check() }

    /// Cleans up after uploads that were never finished, now and every hour, until cancelled.
    package func keepClean(logger: Logger) async {
        while !Task.isCancelled {
            do {
                try await blobs.sweep(olderThan: stale)
                try await artifacts.sweep(olderThan: stale)
            } catch {
                if !Task.isCancelled { logger.warning("unfinished uploads were not cleaned up: \(TernError.wrap(error))") }
            }
            try? await Task.sleep(for: .seconds(3600))
        }
    }
}
