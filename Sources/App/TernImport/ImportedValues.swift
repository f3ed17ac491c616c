import TernKernel

// What an import source yields: tracking in neutral words, whatever wrote it. Times are milliseconds since 1970.

package struct ImportedExperiment: Hashable, Sendable {
    /// As the source numbers or names it.
    package var sourceID: String
    package var name: String
    package var isDeleted = false
    package var createdAt: Int64
    package var updatedAt: Int64
    package var tags: [String: String] = [:]
}

package struct ImportedDataset: Hashable, Sendable {
    package var name: String
    package var digest: String
    package var sourceType: String
    package var source: String
    package var schema: String?
    package var profile: String?
    package var tags: [String: String] = [:]
}

package struct ImportedRun: Hashable, Sendable {
    /// The id it gets here: the source's own where that is an MLflow id, else `RunIdentity`.
    package var id: String
    package var experiment: String
    package var name: String
    package var user = ""
    /// `RUNNING`, `SCHEDULED`, `FINISHED`, `FAILED` or `KILLED`.
    package var status: String
    package var startTime: Int64
    package var endTime: Int64?
    package var isDeleted = false
    package var deletedAt: Int64?
    package var params: [String: String] = [:]
    package var tags: [String: String] = [:]
    package var datasets: [ImportedDataset] = []
    package var modelInputs: [String] = []
    package var modelOutputs: [ModelOutput] = []
    /// Where its files lie at the source.
    package var artifactURI: String?
    /// Set when they stay there (`s3://…`): the run goes on pointing at them.
    package var filesStayAt: String?
    /// Changes when the source's points do.
    package var revision: String
    /// Where the source can say it without reading them.
    package var pointCount: Int64?

    package struct ModelOutput: Hashable, Sendable {
        package var model: String
        package var step: Int64
    }
}

package struct ImportedLoggedModel: Hashable, Sendable {
    package struct Metric: Hashable, Sendable {
        package var key: String
        package var value: Double
        package var timestamp: Int64
        package var step: Int64
        package var run: String
        package var datasetName: String?
        package var datasetDigest: String?
    }

    package var id: String
    package var name: String
    package var type: String
    package var sourceRun: String
    /// `PENDING`, `READY` or `UPLOAD_FAILED`.
    package var status: String
    package var isDeleted = false
    package var createdAt: Int64
    package var updatedAt: Int64
    package var params: [String: String] = [:]
    package var tags: [String: String] = [:]
    package var metrics: [Metric] = []
    package var artifactURI: String
    package var filesStayAt: String?
}

package struct ImportedModel: Hashable, Sendable {
    package struct Version: Hashable, Sendable {
        package var number: Int64
        package var createdAt: Int64
        package var updatedAt: Int64
        package var user = ""
        package var description: String?
        package var stage = "None"
        package var source: String
        package var location: String?
        package var runID: String?
        package var runLink: String?
        package var modelID: String?
        package var tags: [String: String] = [:]
        /// An ONNX file that is kept beside the version instead of in its artifacts.
        package var file: ImportedFile?
    }

    package var name: String
    package var description: String?
    package var createdAt: Int64
    package var updatedAt: Int64
    package var tags: [String: String] = [:]
    package var aliases: [String: Int64] = [:]
    package var versions: [Version] = []
    /// The greatest number ever given, also to versions that were deleted.
    package var lastVersion: Int64
}

/// A file of a run or a logged model, and how to read it.
package struct ImportedFile: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case file(String)
        case bytes([UInt8])
        /// Below a source that speaks HTTP.
        case address(String)
        /// In a zip archive, by position.
        case entry(Int)
    }

    /// Below the run's artifacts.
    package var path: String
    package var size: Int64
    package var place: Place
}

/// Run ids for what has none that MLflow would take: the same source and the same run are the same id, so that importing twice changes nothing.
package enum RunIdentity {
    /// The first 32 hexadecimal digits of the SHA-256 of the parts.
    package static func id(_ kind: String, _ parts: String...) -> String {
        String(Digest(of: ([kind] + parts).joined(separator: "\n")).hex.prefix(32))
    }
}
