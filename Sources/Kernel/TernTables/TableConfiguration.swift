import TernKernel

/// How the table engine runs.
package struct TableConfiguration: Sendable {
    /// DuckDB's library; nil looks at `TERN_DUCKDB`, then in the set-up folder.
    package var library: String?
    /// In DuckDB's words: `512MB`.
    package var memoryLimit = "512MB"
    package var threads = 2
    /// Where what does not fit in memory goes; nil lets a query that needs it fail.
    package var temporaryFolder: String?

    package init(library: String? = nil, memoryLimit: String = "512MB", threads: Int = 2, temporaryFolder: String? = nil) {
        self.library = library
        self.memoryLimit = memoryLimit
        self.threads = threads
        self.temporaryFolder = temporaryFolder
    }
}
