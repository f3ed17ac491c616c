import CDuckDB
import TernKernel

/// Fills a table in memory from columns, a vector at a time.
struct DuckWriter {
    private let connection: DuckConnection
    private var duck: duck_functions { connection.library.functions }

    init(_ connection: DuckConnection) { self.connection = connection }

    func fill(_ table: String, with columns: [Column], rows: Int) throws {
        let definitions = columns.map { "\(TableEngine.quoted(identifier: $0.name)) \($0.duckType.name)" }
        _ = try connection.run("CREATE TABLE \(table) (\(definitions.joined(separator: ", ")))", [])
        do {
            try append(columns, rows: rows, to: table)
        } catch {
            _ = try? connection.run("DROP TABLE \(table)", [])
            throw error
        }
    }

    private func append(_ columns: [Column], rows: Int, to table: String) throws {
        var appender: OpaquePointer?
        let created = duck.appender_create(connection.pointer, nil, table, &appender)
        defer { _ = duck.appender_destroy(&appender) }
        guard created == DUCK_SUCCESS else { throw failure(of: appender) }
        var types: [OpaquePointer?] = columns.map { duck.create_logical_type(Int32($0.duckType.id)) }
        defer { for index in types.indices { duck.destroy_logical_type(&types[index]) } }
        var chunk: OpaquePointer? = duck.create_data_chunk(&types, UInt64(types.count))
        defer { duck.destroy_data_chunk(&chunk) }
        let step = Int(duck.vector_size())
        for start in stride(from: 0, to: rows, by: step) {
            let part = start..<min(start + step, rows)
            duck.data_chunk_reset(chunk)
            for (index, column) in columns.enumerated() { copy(column, part, into: duck.data_chunk_get_vector(chunk, UInt64(index))) }
            duck.data_chunk_set_size(chunk, UInt64(part.count))
            guard duck.append_data_chunk(appender, chunk) == DUCK_SUCCESS else { throw failure(of: appender) }
        }
        guard duck.appender_close(appender) == DUCK_SUCCESS else { throw failure(of: appender) }
    }

    private func failure(of appender: OpaquePointer?) -> TernError {
        TernError(duck: duck.appender_error(appender).map { String(cString: $0) } ?? "rows cannot be added")
    }

    private func copy(_ column: Column, _ part: Range<Int>, into vector: OpaquePointer?) {
        duck.vector_ensure_validity_writable(vector)
        guard let data = duck.vector_get_data(vector), let validity = duck.vector_get_validity(vector) else { return }
        func put<Value, Stored: BitwiseCopyable>(_ values: [Value?], _ convert: (Value) -> Stored) {
            let target = data.assumingMemoryBound(to: Stored.self)
            for (offset, row) in part.enumerated() {
                if let value = values[row] { target[offset] = convert(value) } else { markMissing(offset) }
            }
        }
        func markMissing(_ offset: Int) { validity[offset >> 6] &= ~(1 << UInt64(offset & 63)) }
        switch column.values {
        case .bool(let values): put(values) { $0 ? UInt8(1) : 0 }
        case .int(let values): put(values) { $0 }
        case .double(let values): put(values) { $0 }
        case .time(let values): put(values) { $0.microseconds }
        case .text(let values):
            for (offset, row) in part.enumerated() {
                if let text = values[row] {
                    duck.vector_assign_string_element_len(vector, UInt64(offset), text, UInt64(text.utf8.count))
                } else {
                    markMissing(offset)
                }
            }
        }
    }
}

extension Column {
    fileprivate var duckType: (name: String, id: Int) {
        switch values {
        case .bool: ("BOOLEAN", DUCK_BOOLEAN)
        case .int: ("BIGINT", DUCK_BIGINT)
        case .double: ("DOUBLE", DUCK_DOUBLE)
        case .text: ("VARCHAR", DUCK_VARCHAR)
        case .time: ("TIMESTAMP", DUCK_TIMESTAMP)
        }
    }
}
