import TernKernel
import TernStats

/// The file formats that a dataset may have.
package enum DataFormat: String, Codable, Sendable, CaseIterable {
    case csv
    case parquet
    case jsonl

    /// The format that a file's name tells.
    ///
    /// - Throws: `invalid_argument` for any other name.
    package init(path: String) throws {
        let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() ?? ""
        guard let format = ending == "ndjson" ? .jsonl : DataFormat(rawValue: ending) else {
            throw TernError.invalid("cannot tell the format of \(path)", hint: "a dataset's file ends in .csv, .parquet or .jsonl")
        }
        self = format
    }
}

/// A column as a dataset's first version fixed it.
package struct ColumnSchema: Codable, Hashable, Sendable {
    package var name: String
    /// `bool`, `int`, `double`, `text` or `time`.
    package var type: String
    /// Whether this version has missing values in it.
    package var nullable: Bool

    package init(name: String, type: String, nullable: Bool) {
        self.name = name
        self.type = type
        self.nullable = nullable
    }
}

/// One immutable version of a dataset: a file, known by the digest of its bytes.
package struct DatasetVersion: Codable, Hashable, Sendable {
    package var dataset: String
    package var version: Int
    package var digest: Digest
    package var rows: Int64
    package var format: DataFormat
    package var bytes: Int64
    package var schema: [ColumnSchema]
    package var profile: Profile
    /// Where it came from: `{"path": …}`, or what a policy took it from.
    package var source: JSON
    package var createdAt: Timestamp
    package var createdBy: String
    package var reason: String?
}

/// A version without its profile, for lists.
package struct DatasetVersionSummary: Codable, Hashable, Sendable {
    package var version: Int
    package var digest: Digest
    package var rows: Int64
    package var format: DataFormat
    package var bytes: Int64
    package var source: JSON
    package var createdAt: Timestamp
    package var createdBy: String
    package var reason: String?
}

/// A dataset, what it promises, and its versions, the newest first.
package struct Dataset: Codable, Hashable, Sendable {
    package var name: String
    package var owner: String
    package var description: String?
    /// The file that the project declares.
    package var path: String?
    /// The column that holds the event time.
    package var time: String?
    package var expect: [String: ColumnExpectation]
    /// Fixed by the first version; empty before it.
    package var schema: [ColumnSchema]
    package var versions: [DatasetVersionSummary]
}

/// Where data breaks a rule.
package struct DataViolation: Codable, Hashable, Sendable {
    /// The data row, from 1 (a header is not counted); nil when the whole file is meant.
    package var row: Int64?
    package var column: String?
    /// What stands there.
    package var value: String?
    /// `type`, `range`, `missing`, `allowed`, `unique`, `missing_column`, `extra_column`, `repeated_column`, `rows`, `readable`.
    package var rule: String
    package var message: String
}

/// Data that was refused: what remains of it is this record.
package struct RejectedData: Codable, Hashable, Sendable {
    package var dataset: String
    package var at: Timestamp
    package var by: String
    package var source: JSON
    package var reason: String?
    package var message: String
    package var violations: [DataViolation]
}

/// What changed from one version of a dataset to another.
package struct DatasetDifference: Codable, Hashable, Sendable {
    package struct SchemaChange: Codable, Hashable, Sendable {
        package var column: String
        /// Nil: the column is new.
        package var from: String?
        /// Nil: the column is gone.
        package var to: String?
    }

    package struct ColumnDrift: Codable, Hashable, Sendable {
        package var column: String
        package var score: DriftScore
    }

    package var dataset: String
    package var from: Int
    package var to: Int
    package var rowsFrom: Int64
    package var rowsTo: Int64
    package var schema: [SchemaChange]
    /// One entry a column that both have, times left out; in the order of the schema.
    package var drift: [ColumnDrift]
}
