/// The profile of a table: one column profile a column.
package struct Profile: Hashable, Sendable, Codable {
    package var columns: [String: ColumnProfile]
    package var rows: Int

    package init(columns: [String: ColumnProfile] = [:], rows: Int = 0) {
        self.columns = columns
        self.rows = rows
    }

    /// Adds the rows of `other`. A column that only one side has keeps its own count; one whose kind differs keeps the kind it has here.
    package mutating func merge(_ other: Profile) {
        rows += other.rows
        for (name, column) in other.columns {
            if columns[name] == nil { columns[name] = column } else { columns[name]?.merge(column) }
        }
    }
}
