import TernKernel

/// Data that a dataset does not take: the reasons, the first twenty of `total`.
struct DataRefusal: Error {
    static let limit = 20

    var violations: [DataViolation]
    var total: Int

    init(_ violations: [DataViolation], total: Int? = nil) {
        self.violations = Array(violations.prefix(DataRefusal.limit))
        self.total = max(total ?? 0, violations.count)
    }

    init(rule: String, _ message: String, row: Int64? = nil, column: String? = nil) {
        self.init([DataViolation(row: row, column: column, value: nil, rule: rule, message: message)])
    }

    /// What the caller is told.
    func error(for dataset: String) -> TernError {
        let first = violations.first?.message ?? "it breaks the schema"
        let more = total > 1 ? " (and \(total - 1) more)" : ""
        let encoded = (try? JSON(encoding: violations)) ?? .null
        return TernError(
            .invalidArgument, "dataset '\(dataset)' refuses the data: \(first)\(more)", hint: hint,
            details: ["violations": encoded, "total": .int(Int64(total)), "dataset": .string(dataset)])
    }

    private var hint: String {
        switch violations.first?.rule {
        case "missing_column", "extra_column":
            "the first version fixed the columns; give exactly those, or declare another dataset for the new shape"
        case "readable", "rows", "repeated_column": "write the file again and compare it with the earlier version"
        default: "correct the rows, or change what tern.yaml expects of the column and run tern apply; nothing was stored"
        }
    }
}
