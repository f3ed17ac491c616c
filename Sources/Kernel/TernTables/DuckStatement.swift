import CDuckDB
import TernKernel

/// A prepared statement.
struct DuckStatement: ~Copyable {
    private let pointer: OpaquePointer?
    private let connection: DuckConnection
    private var duck: duck_functions { connection.library.functions }

    init(_ sql: String, on connection: DuckConnection) throws {
        let duck = connection.library.functions
        var statement: OpaquePointer?
        let outcome = duck.prepare(connection.pointer, sql, &statement)
        guard outcome == DUCK_SUCCESS else {
            let words = duck.prepare_error(statement).map { String(cString: $0) } ?? "no reason given"
            duck.destroy_prepare(&statement)
            throw TernError(duck: words)
        }
        pointer = statement
        self.connection = connection
    }

    deinit {
        var pointer = pointer
        duck.destroy_prepare(&pointer)
    }

    var columns: [(name: String, type: Int32)] {
        (0..<duck.prepared_statement_column_count(pointer)).map { index in
            let name = duck.prepared_statement_column_name(pointer, index)
            defer { if let name { duck.free(UnsafeMutableRawPointer(mutating: name)) } }
            return (name.map { String(cString: $0) } ?? "", duck.prepared_statement_column_type(pointer, index))
        }
    }

    func execute(_ arguments: [TableValue]) throws -> Table {
        let expected = duck.nparams(pointer)
        guard expected == UInt64(arguments.count) else {
            throw TernError.invalid("the query has \(expected) placeholders, and \(arguments.count) values are given")
        }
        for (index, argument) in arguments.enumerated() { try bind(argument, at: UInt64(index + 1)) }
        var result = duck_result()
        defer { duck.destroy_result(&result) }
        guard duck.execute_prepared(pointer, &result) == DUCK_SUCCESS else {
            throw TernError(duck: duck.result_error(&result).map { String(cString: $0) } ?? "no reason given")
        }
        return try DuckVectorReader(duck).table(of: &result)
    }

    private func bind(_ value: TableValue, at index: UInt64) throws {
        let outcome =
            switch value {
            case .null: duck.bind_null(pointer, index)
            case .bool(let value): duck.bind_boolean(pointer, index, value)
            case .int(let value): duck.bind_int64(pointer, index, value)
            case .double(let value): duck.bind_double(pointer, index, value)
            case .text(let value): duck.bind_varchar_length(pointer, index, value, UInt64(value.utf8.count))
            case .time(let value): duck.bind_timestamp(pointer, index, value.microseconds)
            }
        guard outcome == DUCK_SUCCESS else { throw TernError(.internal, "DuckDB cannot bind value \(index)") }
    }
}

extension Timestamp {
    /// Saturated: a year beyond 292,000 has no microseconds in 64 bits.
    var microseconds: Int64 {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
        // The two ends mean infinity to DuckDB, so stay one inside.
        return overflow ? (milliseconds < 0 ? .min + 2 : .max - 1) : product
    }
}

extension TernError {
    /// DuckDB's words as an error of ours: `Binder Error: Referenced column "x" not found …`.
    init(duck words: String) {
        let message = words.split(separator: "\n\nLINE ", maxSplits: 1).first.map(String.init) ?? words
        if words.contains("No space left on device") || words.contains("Could not write all required bytes") {
            self.init(.resourceExhausted, "the disk is full: \(message)", hint: "free space, then repeat the request; nothing was half-written")
        } else if words.hasPrefix("INTERRUPT") {
            self.init(.cancelled, "the query was cancelled")
        } else if words.hasPrefix("Out of Memory") {
            self.init(.resourceExhausted, "the query needs more memory than it may have: \(message)", hint: "ask for fewer rows or columns at once")
        } else if words.contains("No files found that match") || words.contains("No such file or directory") {
            self.init(.notFound, message)
        } else if words.hasPrefix("INTERNAL") || words.hasPrefix("FATAL") {
            self.init(.internal, message)
        } else {
            self.init(.invalidArgument, message)
        }
    }
}
