import TernKernel
import TernStore

/// The statement for one part of a search of runs.
struct RunSearchStatement {
    /// Something that is ordered by, never null.
    private struct Key {
        enum Kind { case integer, number, text }

        var sql: String
        var kind: Kind
        var ascending: Bool
    }

    private var tables: [String] = []
    private var tableArguments: [SQLValue] = []
    private var conditions: [SearchClause] = []
    private var keys: [Key] = []

    private static let columns = "r.id, r.experiment_id, r.name, r.user_id, r.status, r.stage, r.start_time, r.end_time, r.artifact_uri"

    /// The parts of an ordering: 0 rows with a value, 1 rows whose value is NaN, 2 rows without one.
    static func segments(of search: RunSearch) -> [Int] {
        guard let lead = search.order.first?.field else { return [0] }
        // A condition on the metric excludes the runs without it.
        let isDemanded = search.filter.conditions.contains { $0.field == lead && $0.comparison != .missing }
        switch lead {
        case .metric: return isDemanded ? [0, 1] : [0, 1, 2]
        case .param, .tag: return isDemanded ? [0] : [0, 2]
        case .attribute("end_time"): return isDemanded ? [0] : [0, 2]
        default: return [0]
        }
    }

    /// - Parameter driver: the index of the condition to begin with; nil begins with the ordering.
    init(_ search: RunSearch, segment: Int, driver: Int?, after: SearchCursor?) throws {
        let lead = search.order.first
        var runID = "r.id"
        if let driver {
            let condition = search.filter.conditions[driver]
            if case .attribute = condition.field {
                tables.append("runs r")
                conditions += [RunSearchStatement.within(search.experiments, "r"), try RunSearchStatement.clause(condition, "r.id")]
            } else {
                tables.append("\(try RunSearchStatement.table(condition.field)) f CROSS JOIN runs r")
                conditions.append(try RunSearchStatement.start(condition, search.experiments, "f"))
                conditions.append(SearchClause(sql: "r.id = f.run_id"))
                runID = "f.run_id"
            }
            try join(lead, segment: segment, runID)
        } else if let lead, segment < 2, let table = try? RunSearchStatement.table(lead.field), let name = lead.field.key {
            tables.append("\(table) o CROSS JOIN runs r")
            conditions.append(RunSearchStatement.within(search.experiments, "o"))
            conditions.append(SearchClause(sql: "o.key = ?", arguments: [.text(name)]))
            conditions.append(SearchClause(sql: "r.id = o.run_id"))
            if table == "metric_series" { conditions.append(SearchClause(sql: "o.is_nan = \(segment)")) }
            runID = "o.run_id"
        } else {
            tables.append("runs r")
            conditions.append(RunSearchStatement.within(search.experiments, "r"))
            try join(lead, segment: segment, runID)
        }
        conditions.append(search.stages.clause("r.stage"))
        for (index, condition) in search.filter.conditions.enumerated() where index != driver {
            // On the metric that is walked along, a condition is a stretch of the index.
            if case .metric = condition.field, condition.field == lead?.field, runID == "o.run_id" {
                conditions.append(SearchClause("o.value", condition.comparison, nanColumn: "o.is_nan"))
            } else {
                conditions.append(try RunSearchStatement.clause(condition, runID))
            }
        }
        try order(search.order, segment: segment)
        if let after { conditions.append(try behind(after)) }
    }

    func select(limit: Int) -> SearchClause {
        let selected = keys.enumerated().map { "\($1.sql) AS k\($0)" }.joined(separator: ", ")
        return SearchClause(
            sql: "SELECT \(RunSearchStatement.columns), \(selected) FROM \(tables.joined(separator: " ")) WHERE "
                + conditions.map(\.sql).joined(separator: " AND ") + " ORDER BY "
                + keys.map { $0.sql + ($0.ascending ? " ASC" : " DESC") }.joined(separator: ", ") + " LIMIT ?",
            arguments: tableArguments + conditions.flatMap(\.arguments) + [SQLValue(limit)])
    }

    func count() -> SearchClause {
        SearchClause(
            sql: "SELECT count(*) AS total FROM \(tables.joined(separator: " ")) WHERE " + conditions.map(\.sql).joined(separator: " AND "),
            arguments: tableArguments + conditions.flatMap(\.arguments))
    }

    /// What a row was ordered by.
    func keys(of row: SQLRow) throws -> [JSON] {
        try keys.enumerated().map { index, key in
            switch key.kind {
            case .integer: .int(try row.int("k\(index)"))
            case .number: .double(try row.double("k\(index)"))
            case .text: .string(try row.text("k\(index)"))
            }
        }
    }

    // MARK: Where it begins

    /// Whether a statement can begin with the rows that fulfil this condition.
    static func begins(with condition: SearchFilter.Condition) -> Bool {
        switch (condition.field, condition.comparison) {
        case (.metric, .number(let ordering, _)): ordering != .notEqual
        case (.param, .equal), (.tag, .equal), (.attribute("name"), .equal), (.attribute("id"), .equal), (.attribute("id"), .oneOf): true
        default: false
        }
    }

    /// Counts the rows that fulfil a condition, up to a limit.
    static func probe(_ condition: SearchFilter.Condition, _ experiments: [Int64], limit: Int) throws -> SearchClause {
        let inner: SearchClause
        if case .attribute = condition.field {
            let (place, compared) = (within(experiments, "r"), try clause(condition, "r.id"))
            inner = SearchClause(
                sql: "SELECT r.id FROM runs r WHERE \(place.sql) AND \(compared.sql) LIMIT ?",
                arguments: place.arguments + compared.arguments + [SQLValue(limit)])
        } else {
            let start = try start(condition, experiments, "f")
            inner = SearchClause(
                sql: "SELECT f.run_id FROM \(try table(condition.field)) f WHERE \(start.sql) LIMIT ?", arguments: start.arguments + [SQLValue(limit)]
            )
        }
        return SearchClause(sql: "SELECT count(*) AS total FROM (\(inner.sql)) t", arguments: inner.arguments)
    }

    private static func table(_ field: SearchField) throws -> String {
        switch field {
        case .metric: "metric_series"
        case .param: "run_params"
        case .tag: "run_tags"
        default: throw TernError.invalid("runs cannot be searched by \(field)")
        }
    }

    private static func within(_ experiments: [Int64], _ alias: String) -> SearchClause {
        if let only = experiments.first, experiments.count == 1 {
            return SearchClause(sql: "\(alias).experiment_id = ?", arguments: [.int(only)])
        }
        let list = SearchClause.list(experiments.map(SQLValue.int))
        return SearchClause(sql: "\(alias).experiment_id IN \(list.sql)", arguments: list.arguments)
    }

    /// The rows of a keyed table that fulfil a condition, in the words of its index.
    private static func start(_ condition: SearchFilter.Condition, _ experiments: [Int64], _ alias: String) throws -> SearchClause {
        let place = within(experiments, alias)
        guard let key = condition.field.key else { throw TernError.invalid("runs cannot be searched by \(condition.field)") }
        var clause = SearchClause(sql: "\(place.sql) AND \(alias).key = ?", arguments: place.arguments + [.text(key)])
        switch condition.comparison {
        case .number(let ordering, let value):
            clause.sql += " AND \(alias).is_nan = 0 AND \(alias).value \(ordering.rawValue) ?"
            clause.arguments.append(.double(value))
        case .equal(let text):
            let equal = SearchClause.equalText("\(alias).value", text)
            clause.sql += " AND \(equal.sql)"
            clause.arguments += equal.arguments
        default: throw TernError.invalid("runs cannot be searched by \(condition.field)")
        }
        return clause
    }

    // MARK: Conditions

    private static func clause(_ condition: SearchFilter.Condition, _ runID: String) throws -> SearchClause {
        switch condition.field {
        case .attribute("name"):
            if case .equal(let text) = condition.comparison { return .equalText("r.name", text) }
            return SearchClause("r.name", condition.comparison)
        case .attribute(let name) where SearchAttribute.run.contains(name): return SearchClause("r.\(name)", condition.comparison)
        case .metric(let key):
            return .keyed("metric_series", owner: "run_id", of: runID, key: key, condition.comparison, nanColumn: "k.is_nan")
        case .param(let key): return .keyed("run_params", owner: "run_id", of: runID, key: key, condition.comparison)
        case .tag(let key): return .keyed("run_tags", owner: "run_id", of: runID, key: key, condition.comparison)
        case .dataset("context"):
            let compared = SearchClause("d.context", condition.comparison)
            return SearchClause(
                sql: "EXISTS (SELECT 1 FROM run_datasets d WHERE d.run_id = \(runID) AND \(compared.sql))", arguments: compared.arguments)
        case .dataset(let name) where name == "name" || name == "digest":
            let compared = SearchClause("t.\(name)", condition.comparison)
            let read = "SELECT 1 FROM run_datasets d JOIN tracked_datasets t ON t.id = d.dataset WHERE d.run_id = \(runID)"
            return SearchClause(sql: "EXISTS (\(read) AND \(compared.sql))", arguments: compared.arguments)
        default: throw TernError.invalid("runs cannot be searched by \(condition.field)")
        }
    }

    // MARK: Ordering

    /// Brings in what is ordered by first, when the statement does not begin with it.
    private mutating func join(_ lead: SearchOrder?, segment: Int, _ runID: String) throws {
        switch lead?.field {
        case .attribute("end_time"): conditions.append(SearchClause(sql: "r.end_time IS \(segment == 2 ? "NULL" : "NOT NULL")"))
        case .metric, .param, .tag:
            guard let field = lead?.field, let key = field.key else { return }
            let table = try RunSearchStatement.table(field)
            if segment == 2 {
                conditions.append(
                    SearchClause(sql: "NOT EXISTS (SELECT 1 FROM \(table) k WHERE k.run_id = \(runID) AND k.key = ?)", arguments: [.text(key)]))
            } else {
                tables.append("JOIN \(table) o ON o.run_id = \(runID) AND o.key = ?")
                tableArguments.append(.text(key))
                if case .metric = field { conditions.append(SearchClause(sql: "o.is_nan = \(segment)")) }
            }
        default: return
        }
    }

    private mutating func order(_ terms: [SearchOrder], segment: Int) throws {
        var named: Set<String> = []
        for (index, term) in terms.enumerated() {
            let name = index == 0 ? "o" : "o\(index)"
            if case .attribute(let column) = term.field { named.insert(column) }
            switch term.field {
            case .attribute("start_time"): keys.append(Key(sql: "r.start_time", kind: .integer, ascending: term.ascending))
            case .attribute("end_time"):
                if index == 0, segment == 2 { continue }
                if index > 0 { keys.append(Key(sql: "CASE WHEN r.end_time IS NULL THEN 1 ELSE 0 END", kind: .integer, ascending: true)) }
                keys.append(Key(sql: "COALESCE(r.end_time, 0)", kind: .integer, ascending: term.ascending))
            case .attribute("name"):
                keys.append(Key(sql: "substr(r.name, 1, 200)", kind: .text, ascending: term.ascending))
                keys.append(Key(sql: "r.name", kind: .text, ascending: term.ascending))
            case .attribute(let column) where SearchAttribute.run.contains(column):
                keys.append(Key(sql: "r.\(column)", kind: .text, ascending: term.ascending))
            case .metric, .param, .tag:
                guard let key = term.field.key else { continue }
                if index == 0 {
                    if segment > 0 { continue }
                } else {
                    tables.append("LEFT JOIN \(try RunSearchStatement.table(term.field)) \(name) ON \(name).run_id = r.id AND \(name).key = ?")
                    tableArguments.append(.text(key))
                }
                valueKeys(term, name, isLead: index == 0)
            default: throw TernError.invalid("runs cannot be ordered by \(term.field)")
            }
        }
        if !named.contains("start_time") { keys.append(Key(sql: "r.start_time", kind: .integer, ascending: false)) }
        if !named.contains("id") { keys.append(Key(sql: "r.id", kind: .text, ascending: true)) }
    }

    private mutating func valueKeys(_ term: SearchOrder, _ name: String, isLead: Bool) {
        var isMetric = false
        if case .metric = term.field { isMetric = true }
        switch (isMetric, isLead) {
        case (true, true): keys.append(Key(sql: "o.value", kind: .number, ascending: term.ascending))
        case (true, false):
            let rank = "CASE WHEN \(name).is_nan = 1 THEN 1 WHEN \(name).value IS NULL THEN 2 ELSE 0 END"
            keys.append(Key(sql: rank, kind: .integer, ascending: true))
            keys.append(Key(sql: "COALESCE(\(name).value, 0.0)", kind: .number, ascending: term.ascending))
        case (false, true):
            keys.append(Key(sql: "substr(o.value, 1, 200)", kind: .text, ascending: term.ascending))
            keys.append(Key(sql: "o.value", kind: .text, ascending: term.ascending))
        case (false, false):
            keys.append(Key(sql: "CASE WHEN \(name).value IS NULL THEN 1 ELSE 0 END", kind: .integer, ascending: true))
            keys.append(Key(sql: "COALESCE(\(name).value, '')", kind: .text, ascending: term.ascending))
        }
    }

    /// Only rows behind the one that the cursor was made from.
    private func behind(_ cursor: SearchCursor) throws -> SearchClause {
        guard cursor.keys.count == keys.count else { throw TernError.invalid("Invalid page token: it is of another search") }
        let values: [SQLValue] = try zip(keys, cursor.keys).map { key, value in
            switch (key.kind, value) {
            case (.integer, .int(let number)): .int(number)
            case (.number, .double(let number)): .double(number)
            case (.number, .int(let number)): .double(Double(number))
            case (.text, .string(let text)): .text(text)
            default: throw TernError.invalid("Invalid page token: it is of another search")
            }
        }
        var parts: [String] = []
        var arguments: [SQLValue] = []
        // The bound on the first key is what an index can use; the rest picks among its equals.
        if let first = keys.first, let value = values.first {
            parts.append("\(first.sql) \(first.ascending ? ">=" : "<=") ?")
            arguments.append(value)
        }
        var alternatives: [String] = []
        for index in keys.indices {
            let equal = keys[..<index].map { "\($0.sql) = ?" }
            alternatives.append("(" + (equal + ["\(keys[index].sql) \(keys[index].ascending ? ">" : "<") ?"]).joined(separator: " AND ") + ")")
            arguments += values[...index]
        }
        parts.append("(" + alternatives.joined(separator: " OR ") + ")")
        return SearchClause(sql: parts.joined(separator: " AND "), arguments: arguments)
    }
}

extension SearchField {
    /// Of a metric, param or tag.
    fileprivate var key: String? {
        switch self {
        case .metric(let key), .param(let key), .tag(let key): key
        default: nil
        }
    }
}

extension SearchClause {
    /// Equality in the words of an index on the first 200 characters.
    static func equalText(_ column: String, _ text: String) -> SearchClause {
        let start = String(String.UnicodeScalarView(text.unicodeScalars.prefix(200)))
        return SearchClause(sql: "substr(\(column), 1, 200) = ? AND \(column) = ?", arguments: [.text(start), .text(text)])
    }
}
