import TernKernel

/// Rows that a model's maker gave as an example of its inputs, read from MLflow's scoring form.
struct InputExample {
    /// The most rows that are kept.
    static let mostRows = 10_000
    /// Larger files are not read.
    static let mostBytes = 32 << 20

    let columns: [Column]

    /// - Parameter input: the name of the model's only input, for arrays that name no columns.
    /// - Returns: nil for a form that holds no table.
    init?(_ json: JSON, input: String?) {
        let split: JSON? = json["columns"] == nil ? json["dataframe_split"] : json
        if let table = split {
            let names = (table["columns"]?.arrayValue ?? []).map { $0.stringValue ?? $0.description }
            self.init(names: names, rows: table["data"]?.arrayValue ?? [])
        } else if let named = (json["inputs"] ?? json["instances"])?.objectValue {
            self.init(named: named)
        } else if let rows = (json["inputs"] ?? json["instances"] ?? json).arrayValue, let width = rows.first?.arrayValue?.count {
            self.init(names: (0..<width).map { width == 1 ? input ?? "0" : "\(input ?? "x")_\($0)" }, rows: rows)
        } else {
            return nil
        }
    }

    private init?(names: [String], rows: [JSON]) {
        let rows = rows.prefix(InputExample.mostRows)
        guard !names.isEmpty, !rows.isEmpty, Set(names).count == names.count, rows.allSatisfy({ $0.arrayValue?.count == names.count }) else {
            return nil
        }
        columns = names.indices.map { index in InputExample.column(names[index], rows.map { $0.arrayValue?[index] ?? .null }) }
        guard columns.allSatisfy({ $0.count == rows.count }) else { return nil }
    }

    private init?(named: [String: JSON]) {
        var columns: [Column] = []
        for (name, values) in named.sorted(by: { $0.key < $1.key }) {
            guard let values = values.arrayValue?.prefix(InputExample.mostRows) else { return nil }
            // `[[1], [2]]` is a column as well.
            columns.append(InputExample.column(name, values.map { $0.arrayValue?.count == 1 ? $0.arrayValue?.first ?? .null : $0 }))
        }
        guard let rows = columns.first?.count, rows > 0, columns.allSatisfy({ $0.count == rows }) else { return nil }
        self.columns = columns
    }

    /// The narrowest type that holds all values; what is neither number nor truth value becomes text.
    private static func column(_ name: String, _ values: [JSON]) -> Column {
        let present = values.filter { $0 != .null }
        if present.allSatisfy({ $0.boolValue != nil }), !present.isEmpty { return Column(name, .bool(values.map(\.boolValue))) }
        if present.allSatisfy({ if case .int = $0 { true } else { false } }), !present.isEmpty { return Column(name, .int(values.map(\.intValue))) }
        if present.allSatisfy({ $0.doubleValue != nil }) { return Column(name, .double(values.map(\.doubleValue))) }
        return Column(name, .text(values.map { $0 == .null ? nil : $0.stringValue ?? $0.description }))
    }
}
