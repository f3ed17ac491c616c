import TernKernel

/// A dataset as `tern.yaml` declares it.
package struct DatasetDeclaration: Codable, Hashable, Sendable {
    package var name: String
    /// Where its file lies, relative to `tern.yaml`.
    package var path: String
    /// The column that holds the event time.
    package var time: String?
    package var owner: String
    package var description: String?
    /// Added to the inferred schema, by column.
    package var expect: [String: ColumnExpectation]

    package init(
        name: String, path: String, time: String? = nil, owner: String, description: String? = nil, expect: [String: ColumnExpectation] = [:]
    ) {
        self.name = name
        self.path = path
        self.time = time
        self.owner = owner
        self.description = description
        self.expect = expect
    }
}

/// What a column must hold.
package struct ColumnExpectation: Codable, Hashable, Sendable {
    /// `bool`, `int`, `double`, `text` or `time`.
    package var type: String?
    package var min: Double?
    package var max: Double?
    /// The largest share of missing values, 0 to 1.
    package var missing: Double?
    package var allowed: [String]?
    package var unique: Bool?

    package init(
        type: String? = nil, min: Double? = nil, max: Double? = nil, missing: Double? = nil, allowed: [String]? = nil, unique: Bool? = nil
    ) {
        self.type = type
        self.min = min
        self.max = max
        self.missing = missing
        self.allowed = allowed
        self.unique = unique
    }
}
