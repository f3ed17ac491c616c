import TernKernel
import TernStore

/// SQL of the registry's searches: conditions, order and place become one statement that reads a page and one row more.
struct ModelSearchStore {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    /// A page of rows; `more` says whether another follows.
    struct Found {
        var rows: [SQLRow]
        var more: Bool
    }

    func models(_ query: RegistryQuery, after place: RegistryPlace?) throws -> Found { try page(.models, query, after: place) }

    func versions(_ query: RegistryQuery, after place: RegistryPlace?) throws -> Found { try page(.versions, query, after: place) }

    private func page(_ table: SearchTable, _ query: RegistryQuery, after place: RegistryPlace?) throws -> Found {
        let statement = try table.statement(query, after: place)
        var rows = try connection.rows(statement.sql, statement.arguments)
        let limit = max(0, query.limit)
        let more = rows.count > limit
        if more { rows.removeLast(rows.count - limit) }
        return Found(rows: rows, more: more)
    }

    /// The newest version of each stage, in order of number, of these models.
    func newest(of models: [String]) throws -> [String: [ModelVersion]] {
        var found: [ModelVersion] = []
        for names in models.chunks(of: 500) {
            let list = SearchClause.list(names.map(SQLValue.text))
            let rows = try connection.rows(ModelSearchStore.newestOfStages(list.sql), list.arguments)
            found += try ModelVersionStore(connection).filled(rows)
        }
        return Dictionary(grouping: found, by: \.model)
    }

    static func newestOfStages(_ list: String) -> String {
        """
        SELECT v.* FROM model_versions v JOIN (
            SELECT model, stage, max(version) AS version FROM model_versions WHERE model IN \(list) GROUP BY model, stage) newest
            ON newest.model = v.model AND newest.version = v.version
        ORDER BY v.model, v.version
        """
    }
}

/// What a search reads: the table, and what the query's fields are called there.
struct SearchTable {
    let name: String
    let owner: String
    let tags: String
    /// Ends every order, so that no two rows share a place.
    let last: [RegistryQuery.Order]

    static let models = SearchTable(name: "models", owner: "name", tags: "model_tags", last: [.init(.name)])
    static let versions = SearchTable(
        name: "model_versions", owner: "model", tags: "model_version_tags", last: [.init(.name), .init(.version, ascending: false)])

    /// The whole order of a query, without repetitions.
    func order(_ query: RegistryQuery) throws -> [RegistryQuery.Order] {
        var order: [RegistryQuery.Order] = []
        for term in query.order + last where !order.contains(where: { $0.field == term.field }) { order.append(term) }
        return order
    }

    func statement(_ query: RegistryQuery, after place: RegistryPlace?) throws -> SearchClause {
        var conditions = [prompts(query)]
        // Models carry no prompt tag at all, and are found by saying that it is not true.
        for condition in query.conditions where condition.field != .tag(RegistryQuery.promptTag) || query.wantsPrompts {
            conditions.append(try clause(condition))
        }
        let order = try order(query)
        if let place { conditions.append(try after(place, in: order)) }
        let (limit, overflow) = max(0, query.limit).addingReportingOverflow(1)
        return SearchClause(
            sql: "SELECT t.* FROM \(name) t WHERE " + conditions.map(\.sql).joined(separator: " AND ") + " ORDER BY "
                + (try order.map { try column($0.field) + ($0.ascending ? " ASC" : " DESC") }).joined(separator: ", ") + " LIMIT ?",
            arguments: conditions.flatMap(\.arguments) + [SQLValue(overflow ? query.limit : limit)])
    }

    private func prompts(_ query: RegistryQuery) -> SearchClause {
        let isPrompt = "EXISTS (SELECT 1 FROM model_tags p WHERE p.model = t.\(owner) AND p.key = ? AND p.value = 'true')"
        return SearchClause(sql: query.wantsPrompts ? isPrompt : "NOT " + isPrompt, arguments: [.text(RegistryQuery.promptTag)])
    }

    private func column(_ field: RegistryQuery.Field) throws -> String {
        switch field {
        case .name: return "t.\(owner)"
        case .created: return "t.created_at"
        case .updated: return "t.updated_at"
        case .version where name == "model_versions": return "t.version"
        case .run where name == "model_versions": return "t.run_id"
        case .source where name == "model_versions": return "t.source"
        case .version, .run, .source, .tag: throw TernError.invalid("models have no such field to search or order by")
        }
    }

    private func clause(_ condition: RegistryQuery.Condition) throws -> SearchClause {
        guard case .tag(let key) = condition.field else { return try compare(try column(condition.field), condition) }
        let compared = try compare("k.value", condition)
        let version = name == "model_versions" ? " AND k.version = t.version" : ""
        return SearchClause(
            sql: "EXISTS (SELECT 1 FROM \(tags) k WHERE k.model = t.\(owner)\(version) AND k.key = ? AND \(compared.sql))",
            arguments: [.text(key)] + compared.arguments)
    }

    /// What is not there (a null) compares with nothing, not even by "is not".
    private func compare(_ column: String, _ condition: RegistryQuery.Condition) throws -> SearchClause {
        switch (condition.comparison, condition.operand) {
        case (.equal, .text(let text)), (.unequal, .text(let text)):
            return SearchClause(sql: "\(column) \(condition.comparison == .equal ? "=" : "<>") ?", arguments: [.text(text)])
        case (.like, .text(let pattern)), (.likeAnyCase, .text(let pattern)):
            guard pattern.utf8.count <= RegistryQuery.longestPattern else {
                throw TernError.invalid("a pattern in a filter has at most \(RegistryQuery.longestPattern) bytes")
            }
            return .like(column, pattern, caseSensitive: condition.comparison == .like)
        case (.among, .list(let values)), (.notAmong, .list(let values)):
            guard values.count <= RegistryQuery.longestList else {
                throw TernError.invalid("a list in a filter has at most \(RegistryQuery.longestList) values, and this one has \(values.count)")
            }
            let list = SearchClause.list(values.map(SQLValue.text))
            return SearchClause(sql: "\(column) \(condition.comparison == .among ? "IN" : "NOT IN") \(list.sql)", arguments: list.arguments)
        case (.equal, .number(let number)), (.less, .number(let number)), (.lessOrEqual, .number(let number)), (.greater, .number(let number)),
            (.greaterOrEqual, .number(let number)):
            return SearchClause(sql: "\(column) \(condition.comparison.rawValue) ?", arguments: [.int(number)])
        case (.unequal, .number(let number)): return SearchClause(sql: "\(column) <> ?", arguments: [.int(number)])
        default: throw TernError.invalid("\(condition.comparison.rawValue) does not go with that value")
        }
    }

    /// Rows behind a place: `(a > x) OR (a = x AND b < y) …`, with the first column's bound by itself in front, which an index can use.
    private func after(_ place: RegistryPlace, in order: [RegistryQuery.Order]) throws -> SearchClause {
        guard place.order == order.map(\.spelling), place.values.count == order.count, let first = order.first, let firstValue = place.values.first
        else { throw RegistryPlace.foreign }
        var alternatives: [String] = []
        var arguments: [SQLValue] = [firstValue.sql]
        for index in order.indices {
            let equal = try order[..<index].map { "\(try column($0.field)) = ?" }
            alternatives.append(
                "(" + (equal + ["\(try column(order[index].field)) \(order[index].ascending ? ">" : "<") ?"]).joined(separator: " AND ") + ")")
            arguments += place.values[...index].map(\.sql)
        }
        return SearchClause(
            sql: "\(try column(first.field)) \(first.ascending ? ">=" : "<=") ? AND (" + alternatives.joined(separator: " OR ") + ")",
            arguments: arguments)
    }

    /// Where a row stands in a query's order.
    func place(of row: SQLRow, _ query: RegistryQuery) throws -> RegistryPlace {
        let order = try order(query)
        return RegistryPlace(
            order: order.map(\.spelling),
            values: try order.map { term in
                switch term.field {
                case .name: .text(try row.text(owner))
                case .version: .number(try row.int("version"))
                case .created: .number(try row.int("created_at"))
                case .updated: .number(try row.int("updated_at"))
                case .run, .source, .tag: throw TernError.invalid("a search cannot be ordered by that")
                }
            })
    }
}

extension Array {
    /// Pieces of at most this many elements.
    func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
