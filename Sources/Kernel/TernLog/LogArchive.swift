import TernKernel

/// Where closed segments end up: Parquet files, written and searched by the table engine.
package struct LogArchive: Sendable {
    /// Writes columns of equal length as one Parquet file.
    package var write: @Sendable (_ columns: [Column], _ path: String) async throws -> Void
    /// The answered predictions in one such file.
    package var references: @Sendable (_ path: String) async throws -> [PredictionReference]

    package init(
        write: @escaping @Sendable ([Column], String) async throws -> Void,
        references: @escaping @Sendable (String) async throws -> [PredictionReference]
    ) {
        self.write = write
        self.references = references
    }
}
