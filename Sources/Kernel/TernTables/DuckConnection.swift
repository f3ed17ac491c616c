import CDuckDB
import TernKernel

/// One connection, used by one thread at a time; only `interrupt` may come from another.
final class DuckConnection: @unchecked Sendable {  // See above: DuckDB's own rule, kept by `TableEngine`, which hands each one to one closure.
    let pointer: OpaquePointer
    let library: DuckLibrary
    private var duck: duck_functions { library.functions }

    init(_ pointer: OpaquePointer, _ library: DuckLibrary) {
        self.pointer = pointer
        self.library = library
    }

    deinit {
        var pointer: OpaquePointer? = pointer
        library.functions.disconnect(&pointer)
    }

    func interrupt() { duck.interrupt(pointer) }

    /// Runs one statement and reads its whole answer.
    func run(_ sql: String, _ arguments: [TableValue]) throws -> Table {
        let statement = try DuckStatement(readable(sql), on: self)
        return try statement.execute(arguments)
    }

    /// The columns that a statement answers, without running it.
    func columns(of sql: String) throws -> [(name: String, type: Int32)] { try DuckStatement(sql, on: self).columns }

    /// The same query with columns of types that we do not read natively cast to text.
    private func readable(_ sql: String) throws -> String {
        let statement = try DuckStatement(sql, on: self)
        let foreign = statement.columns.filter { !DuckVectorReader.reads($0.type) }
        guard !foreign.isEmpty else { return sql }
        let casts = foreign.map { column in
            let name = TableEngine.quoted(identifier: column.name)
            return "CAST(\(name) AS VARCHAR) AS \(name)"
        }
        return "SELECT * REPLACE (\(casts.joined(separator: ", "))) FROM (\(sql)\n) AS answer"
    }
}
