import TernKernel
import TernStore

/// What a table of runs shows: some keys of some runs, and which keys there are.
enum RunTableStore {
    /// The cells of these columns, by run and in the order of the columns.
    static func cells(_ columns: [RunColumn], of runs: [String], _ connection: Connection) throws -> [[RunCell]] {
        var cells = Array(repeating: Array(repeating: RunCell.missing, count: columns.count), count: runs.count)
        var rows: [String: Int] = [:]
        for (index, run) in runs.enumerated() { rows[run] = index }
        var metrics: [String: [(place: Int, figure: MetricFigure)]] = [:]
        var params: [String: [Int]] = [:]
        var tags: [String: [Int]] = [:]
        for (place, column) in columns.enumerated() {
            switch column {
            case .metric(let key, let figure): metrics[key, default: []].append((place, figure))
            case .param(let key): params[key, default: []].append(place)
            case .tag(let key): tags[key, default: []].append(place)
            }
        }
        for start in stride(from: 0, to: runs.count, by: 512) {
            let part = Array(runs[start..<min(start + 512, runs.count)])
            func read(_ columns: String, _ table: String, _ keys: some Collection<String>, _ each: (SQLRow, Int, String) throws -> Void) throws {
                if keys.isEmpty { return }
                let (owners, names) = (SearchClause.list(part.map(SQLValue.text)), SearchClause.list(keys.map(SQLValue.text)))
                let found = try connection.rows(
                    "SELECT run_id, key, \(columns) FROM \(table) WHERE run_id IN \(owners.sql) AND key IN \(names.sql)",
                    owners.arguments + names.arguments)
                for row in found {
                    guard let place = rows[try row.text("run_id")] else { continue }
                    try each(row, place, try row.text("key"))
                }
            }
            try read("value, is_nan, least, greatest", "metric_series", metrics.keys) { row, run, key in
                for (place, figure) in metrics[key] ?? [] { cells[run][place] = try cell(row, figure) }
            }
            try read("value", "run_params", params.keys) { row, run, key in
                for place in params[key] ?? [] { cells[run][place] = .text(try row.text("value")) }
            }
            try read("value", "run_tags", tags.keys) { row, run, key in
                for place in tags[key] ?? [] { cells[run][place] = .text(try row.text("value")) }
            }
        }
        return cells
    }

    private static func cell(_ row: SQLRow, _ figure: MetricFigure) throws -> RunCell {
        switch figure {
        case .latest: .number(try row.bool("is_nan") ? .nan : try row.double("value"))
        case .min: .number(row.optionalDouble("least") ?? .nan)
        case .max: .number(row.optionalDouble("greatest") ?? .nan)
        }
    }

    /// The keys of a table of keys, each found by one step along the index rather than by reading all rows.
    ///
    /// - Parameter table: `metric_series`, `run_params` or `run_tags`.
    static func keys(of table: String, in experiments: [Int64], limit: Int, _ connection: Connection) throws -> [RunColumns.Key] {
        var runs: [String: Int] = [:]
        for experiment in experiments {
            var last = ""
            for _ in 0..<limit {
                let next = try connection.row(
                    "SELECT min(key) AS key FROM \(table) WHERE experiment_id = ? AND key > ?", [.int(experiment), .text(last)])?.optionalText("key")
                guard let next else { break }
                let room = RunColumns.countLimit - (runs[next] ?? 0)
                let count = try connection.row(
                    "SELECT count(*) AS total FROM (SELECT key FROM \(table) WHERE experiment_id = ? AND key = ? LIMIT ?) t",
                    [.int(experiment), .text(next), SQLValue(room)])?.int("total")
                runs[next, default: 0] += Int(count ?? 0)
                last = next
            }
        }
        return runs.map { RunColumns.Key(key: $0.key, runs: $0.value) }.sorted { $0.key < $1.key }
    }
}
