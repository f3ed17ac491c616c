import TernKernel

/// A segment's records as a table: one row a predicted row.
///
/// Records of different model versions differ in their features; a column is there when any record has it, and missing in the others.
enum SegmentTable {
    static func columns(of records: [PredictionRecord]) -> [Column] {
        var starts: [Int] = []
        var rows = 0
        for record in records {
            starts.append(rows)
            // An error's record may be about no row that can be named; it still shows as one.
            rows += max(1, record.rows)
        }
        func spread<Value>(_ value: (PredictionRecord, Int) -> Value) -> [Value] {
            var values: [Value] = []
            values.reserveCapacity(rows)
            for record in records { for row in 0..<max(1, record.rows) { values.append(value(record, row)) } }
            return values
        }
        var columns = [
            Column("tern_prediction", .int(spread { record, _ in record.prediction })),
            Column("tern_row", .int(spread { _, row in Int64(row) })),
            Column("tern_id", .text(spread { PredictionID(endpoint: $0.endpoint, prediction: $0.prediction, row: $1).description })),
            Column("tern_at", .time(spread { record, _ in record.at })),
            Column("tern_event_time", .time(spread { $0.time(ofRow: $1) })),
            Column("tern_variant", .text(spread { record, _ in record.variant.name })),
            Column("tern_role", .text(spread { record, _ in record.variant.role.rawValue })),
            Column("tern_model", .text(spread { record, _ in record.variant.model })),
            Column("tern_version", .int(spread { record, _ in Int64(record.variant.version) })),
            Column("tern_latency_us", .int(spread { record, _ in record.latencyMicroseconds })),
            Column("tern_error", .text(spread { record, _ in record.error })),
        ]
        var merged = MergedColumns(rows: rows)
        for (record, start) in zip(records, starts) {
            for column in record.inputs { merged.add(column, named: column.name, at: start) }
            for column in record.outputs { merged.add(column, named: outputName(column.name), at: start) }
        }
        columns += merged.columns(besides: Set(columns.map { $0.name.lowercased() }))
        return columns
    }

    private static func outputName(_ name: String) -> String {
        switch name {
        case "predicted": "tern_predicted"
        case "score": "tern_score"
        default: "out_" + name
        }
    }
}

/// Pieces of columns that are put together under their names.
private struct MergedColumns {
    let rows: Int
    private var order: [String] = []
    private var pieces: [String: [(start: Int, values: Column.Values)]] = [:]

    init(rows: Int) { self.rows = rows }

    mutating func add(_ column: Column, named name: String, at start: Int) {
        if pieces[name] == nil { order.append(name) }
        pieces[name, default: []].append((start, column.values))
    }

    /// Names that differ only in case would be one column to SQL, so the later one gets a number.
    func columns(besides taken: Set<String>) -> [Column] {
        var taken = taken
        return order.map { name in
            var unique = name
            var number = 2
            while !taken.insert(unique.lowercased()).inserted {
                unique = "\(name)_\(number)"
                number += 1
            }
            return Column(unique, merge(pieces[name] ?? []))
        }
    }

    private func merge(_ pieces: [(start: Int, values: Column.Values)]) -> Column.Values {
        let types = Set(pieces.map { Column("", $0.values).type })
        switch types {
        case ["bool"]: return .bool(fill(pieces) { if case .bool(let values) = $0 { values } else { [] } })
        case ["int"]: return .int(fill(pieces) { if case .int(let values) = $0 { values } else { [] } })
        case ["time"]: return .time(fill(pieces) { if case .time(let values) = $0 { values } else { [] } })
        case _ where types.isSubset(of: ["double", "int", "bool"]): return .double(fill(pieces) { Column("", $0).numbers ?? [] })
        default: return .text(fill(pieces) { Column("", $0).texts })
        }
    }

    private func fill<Value>(_ pieces: [(start: Int, values: Column.Values)], _ read: (Column.Values) -> [Value?]) -> [Value?] {
        var all = [Value?](repeating: nil, count: rows)
        for piece in pieces {
            for (offset, value) in read(piece.values).enumerated() where piece.start + offset < rows { all[piece.start + offset] = value }
        }
        return all
    }
}
