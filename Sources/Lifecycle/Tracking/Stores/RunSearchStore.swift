import TernKernel
import TernStore

/// Finds runs: the page is chosen by walking one index, and only its runs are then read in full.
///
/// A statement begins with the rarest condition of the filter when few runs fulfil it, and with the index of the ordering otherwise, which it
/// leaves when the page is full. Rows that lack what is ordered by are a part of their own (`SearchCursor.segment`), read after the others.
enum RunSearchStore {
    struct Found {
        var info: RunInfo
        var cursor: SearchCursor
    }

    /// A condition that few runs fulfil is where the statement begins.
    private static let few = 2000

    /// At most one row more than the search's limit, which tells that there is another page.
    static func search(_ search: RunSearch, _ connection: Connection) throws -> [Found] {
        if search.experiments.isEmpty { return [] }
        let driver = try rarest(search, connection)
        var found: [Found] = []
        var skip = search.offset
        for segment in RunSearchStatement.segments(of: search) where segment >= (search.after?.segment ?? 0) {
            let cursor = search.after?.segment == segment ? search.after : nil
            let wanted = search.limit + 1 - found.count
            let (rows, overflow) = wanted.addingReportingOverflow(skip)
            let statement = try RunSearchStatement(search, segment: segment, driver: driver, after: cursor)
            let clause = statement.select(limit: overflow ? wanted : rows)
            let answer = try connection.rows(clause.sql, clause.arguments)
            for row in answer.dropFirst(skip) {
                found.append(Found(info: try RunInfo(row: row), cursor: SearchCursor(segment: segment, keys: try statement.keys(of: row))))
            }
            skip = max(0, skip - answer.count)
            if found.count > search.limit { break }
        }
        return found
    }

    /// How many runs match, whatever the page.
    static func count(_ search: RunSearch, _ connection: Connection) throws -> Int {
        if search.experiments.isEmpty { return 0 }
        var all = search
        all.order = []
        all.after = nil
        let driver = try rarest(all, connection) ?? all.filter.conditions.firstIndex { RunSearchStatement.begins(with: $0) }
        let clause = try RunSearchStatement(all, segment: 0, driver: driver, after: nil).count()
        return Int(try connection.row(clause.sql, clause.arguments)?.int("total") ?? 0)
    }

    /// The condition that the fewest runs fulfil, if those are few.
    private static func rarest(_ search: RunSearch, _ connection: Connection) throws -> Int? {
        var best: (index: Int, count: Int64)?
        for (index, condition) in search.filter.conditions.enumerated() where RunSearchStatement.begins(with: condition) {
            // Ordered by the same metric, the walk along its index is also the filter.
            if case .metric = condition.field, condition.field == search.order.first?.field, search.filter.conditions.count == 1 { return nil }
            let clause = try RunSearchStatement.probe(condition, search.experiments, limit: few + 1)
            let count = try connection.row(clause.sql, clause.arguments)?.int("total") ?? 0
            if count <= Int64(few), count < best?.count ?? .max { best = (index, count) }
        }
        return best?.index
    }
}
