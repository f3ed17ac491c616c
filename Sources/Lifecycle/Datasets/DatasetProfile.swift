import TernKernel
import TernStats

/// Profiles a file's columns by the dataset's schema.
struct DatasetProfile: Sendable {
    let files: DataFileStore

    /// Up to this many values are held in memory at once; beyond, one column after the other.
    private static let together = 2_000_000

    func profile(of file: DataFile, _ schema: [ColumnSchema], rows: Int64) async throws -> Profile {
        let parts = Int(clamping: rows) <= DatasetProfile.together / max(schema.count, 1) ? [schema] : schema.map { [$0] }
        var profiles: [String: ColumnProfile] = [:]
        for part in parts {
            for column in try await files.columns(part, of: file) { profiles[column.name] = DatasetProfile.profile(of: column) }
        }
        return Profile(columns: profiles, rows: Int(clamping: rows))
    }

    /// Numbers and times are numeric (times in milliseconds since 1970), all else is categories.
    static func profile(of column: Column) -> ColumnProfile {
        switch column.values {
        case .int, .double: ColumnProfile(column.numbers ?? [])
        case .time(let times): ColumnProfile(times.map { $0.map { Double($0.milliseconds) } })
        case .bool, .text: ColumnProfile(column.texts)
        }
    }
}
