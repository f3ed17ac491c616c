import Logging
import TernKernel
import TernTables

extension LogArchive {
    /// Parquet by the table engine.
    package init(tables: TableEngine) {
        self.init(
            write: { columns, path in try await tables.write(columns, toParquet: path) },
            references: { path in
                let table = try await tables.query(
                    """
                    SELECT tern_prediction AS number, count(*) AS rows, min(tern_event_time) AS first, max(tern_event_time) AS last
                    FROM read_parquet(\(TableEngine.quoted(literal: path)))
                    WHERE tern_role <> 'shadow' AND tern_error IS NULL GROUP BY 1
                    """)
                guard case .int(let numbers)? = table["number"]?.values, case .int(let rows)? = table["rows"]?.values,
                    case .time(let first)? = table["first"]?.values, case .time(let last)? = table["last"]?.values
                else { throw TernError(.dataLoss, "\(path) is not a Parquet file of the inference log") }
                return zip(zip(numbers, rows), zip(first, last)).compactMap { head, times in
                    guard let number = head.0, let rows = head.1, let first = times.0, let last = times.1 else { return nil }
                    return PredictionReference(prediction: number, rows: Int(rows), first: first, last: last)
                }
            })
    }
}

extension InferenceLog {
    /// The log as the server opens it: closed segments become Parquet.
    package convenience init(folder: String, tables: TableEngine, logger: Logger = Logger(label: "tern.log")) throws {
        try self.init(folder: folder, archive: LogArchive(tables: tables), logger: logger)
    }
}
