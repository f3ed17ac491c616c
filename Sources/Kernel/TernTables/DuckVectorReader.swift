import CDuckDB
import TernKernel

/// Reads a result's vectors into columns.
struct DuckVectorReader {
    private let duck: duck_functions

    init(_ functions: duck_functions) { duck = functions }

    /// Whether columns of this type can be read without a cast.
    static func reads(_ type: Int32) -> Bool {
        switch Int(type) {
        case DUCK_BOOLEAN, DUCK_TINYINT, DUCK_SMALLINT, DUCK_INTEGER, DUCK_BIGINT, DUCK_UTINYINT, DUCK_USMALLINT, DUCK_UINTEGER, DUCK_UBIGINT,
            DUCK_FLOAT, DUCK_DOUBLE, DUCK_TIMESTAMP, DUCK_DATE, DUCK_HUGEINT, DUCK_VARCHAR, DUCK_DECIMAL, DUCK_TIMESTAMP_S, DUCK_TIMESTAMP_MS,
            DUCK_TIMESTAMP_NS, DUCK_TIMESTAMP_TZ, DUCK_SQLNULL, DUCK_INVALID:
            true
        default: false
        }
    }

    func table(of result: inout duck_result) throws -> Table {
        let count = duck.column_count(&result)
        var builders = try (0..<count).map { index in
            let name = duck.column_name(&result, index).map { String(cString: $0) } ?? ""
            return try ColumnBuilder(name, duck.column_type(&result, index), scale: scale(&result, index))
        }
        var rows = 0
        while true {
            var chunk = duck.fetch_chunk(result)
            guard chunk != nil else { break }
            defer { duck.destroy_data_chunk(&chunk) }
            let size = Int(duck.data_chunk_get_size(chunk))
            for index in builders.indices { read(duck.data_chunk_get_vector(chunk, UInt64(index)), size, into: &builders[index]) }
            rows += size
        }
        return Table(columns: builders.map(\.column), rows: rows)
    }

    /// For decimals: the digits after the point and the integer type inside.
    private func scale(_ result: inout duck_result, _ index: UInt64) -> (digits: Int, storage: Int32)? {
        guard Int(duck.column_type(&result, index)) == DUCK_DECIMAL else { return nil }
        var type = duck.column_logical_type(&result, index)
        defer { duck.destroy_logical_type(&type) }
        return (Int(duck.decimal_scale(type)), duck.decimal_internal_type(type))
    }

    private func read(_ vector: OpaquePointer?, _ size: Int, into builder: inout ColumnBuilder) {
        guard let data = duck.vector_get_data(vector) else { return builder.appendMissing(size) }
        let validity = duck.vector_get_validity(vector)
        builder.append(size, from: UnsafeRawPointer(data)) { row in
            guard let validity else { return true }
            return validity[row >> 6] >> UInt64(row & 63) & 1 == 1
        }
    }
}
