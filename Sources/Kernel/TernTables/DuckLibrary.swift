import CDuckDB
import TernKernel

/// DuckDB's functions and one database in memory, opened once.
final class DuckLibrary: @unchecked Sendable {  // Made whole in `init`; DuckDB allows connections to one database from many threads.
    let functions: duck_functions
    private let database: OpaquePointer

    init(_ configuration: TableConfiguration) throws {
        let fix = "run script/setup, or set TERN_DUCKDB to the path of libduckdb.so (1.5)"
        guard let path = configuration.library ?? SetupFolder.library("libduckdb.so", variable: "TERN_DUCKDB") else {
            throw TernError(.unavailable, "DuckDB's library is not installed, so tables cannot be read", hint: fix)
        }
        let loaded = UnsafeMutablePointer<duck_functions>.allocate(capacity: 1)
        defer { loaded.deallocate() }
        var message = [CChar](repeating: 0, count: 1024)
        guard tern_duck_load(path.contains("/") ? path : "./" + path, loaded, &message, message.count) else {
            let words = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
            throw TernError(.unavailable, "cannot use DuckDB's library at \(path): \(words)", hint: fix)
        }
        functions = loaded.pointee
        database = try DuckLibrary.open(functions, configuration)
    }

    deinit {
        var database: OpaquePointer? = database
        functions.close(&database)
    }

    var version: String { String(cString: functions.library_version()) }

    private static func open(_ functions: duck_functions, _ settings: TableConfiguration) throws -> OpaquePointer {
        var options = [
            ("memory_limit", settings.memoryLimit), ("threads", String(settings.threads)),
            // Nothing is fetched from the network, and rows keep the order of their file.
            ("autoinstall_known_extensions", "false"), ("autoload_known_extensions", "false"), ("preserve_insertion_order", "true"),
        ]
        options.append(("temp_directory", settings.temporaryFolder ?? ""))
        var configuration: OpaquePointer?
        guard functions.create_config(&configuration) == DUCK_SUCCESS else { throw TernError(.internal, "DuckDB gives no configuration") }
        defer { functions.destroy_config(&configuration) }
        for (name, value) in options where functions.set_config(configuration, name, value) != DUCK_SUCCESS {
            throw TernError(.invalidArgument, "DuckDB refuses the setting \(name) = '\(value)'")
        }
        var database: OpaquePointer?
        var words: UnsafeMutablePointer<CChar>?
        let outcome = functions.open_ext(nil, &database, configuration, &words)
        defer { if let words { functions.free(words) } }
        guard outcome == DUCK_SUCCESS, let database else {
            throw TernError(.internal, "DuckDB does not open: \(words.map { String(cString: $0) } ?? "no reason given")")
        }
        return database
    }

    func connect() throws -> DuckConnection {
        var connection: OpaquePointer?
        guard functions.connect(database, &connection) == DUCK_SUCCESS, let connection else {
            throw TernError(.internal, "DuckDB gives no connection")
        }
        let answer = DuckConnection(connection, self)
        // Times without a zone are UTC, whatever the machine's zone.
        _ = try answer.run("SET TimeZone = 'UTC'", [])
        return answer
    }
}
