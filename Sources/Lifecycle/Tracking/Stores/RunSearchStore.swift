import TernKernel
import TernStore

/// Finds runs: the page is chosen by indexed tables alone, and only its runs are then read in full.
enum RunSearchStore {
    static func search(_ search: RunSearch, _ connection: Connection) throws -> [RunInfo] {
        let clause = try statement(search)
        return try connection.rows(clause.sql, clause.arguments).map(RunInfo.init(row:))
    }

    static func statement(_ search: RunSearch) throws -> SearchClause {
        var statement = SearchStatement()
        if let only = search.experiments.first, search.experiments.count == 1 {
            statement.require(SearchClause(sql: "r.experiment_id = ?", arguments: [.int(only)]))
        } else {
            let list = SearchClause.list(search.experiments.map(SQLValue.int))
            statement.require(SearchClause(sql: "r.experiment_id IN \(list.sql)", arguments: list.arguments))
        }
        statement.require(search.stages.clause("r.stage"))
        for condition in search.filter.conditions { statement.require(try clause(condition)) }
        var ordersByStart = false
        for (index, term) in search.order.enumerated() {
            if case .attribute("start_time") = term.field { ordersByStart = true }
            try add(term, number: index, to: &statement)
        }
        if !ordersByStart { statement.orderBy("r.start_time", ascending: false, nullable: false) }
        statement.order.append("r.id ASC")
        return statement.select("r.*", from: "runs r", limit: search.limit, offset: search.offset)
    }

    private static func clause(_ condition: SearchFilter.Condition) throws -> SearchClause {
        switch condition.field {
        case .attribute(let name) where SearchAttribute.run.contains(name): return SearchClause("r.\(name)", condition.comparison)
        case .metric(let key):
            return .keyed("metric_series", owner: "run_id", of: "r.id", key: key, condition.comparison, nanColumn: "k.is_nan")
        case .param(let key): return .keyed("run_params", owner: "run_id", of: "r.id", key: key, condition.comparison)
        case .tag(let key): return .keyed("run_tags", owner: "run_id", of: "r.id", key: key, condition.comparison)
        case .dataset("context"):
            let compared = SearchClause("d.context", condition.comparison)
            return SearchClause(
                sql: "EXISTS (SELECT 1 FROM run_datasets d WHERE d.run_id = r.id AND \(compared.sql))", arguments: compared.arguments)
        case .dataset(let name) where name == "name" || name == "digest":
            let compared = SearchClause("t.\(name)", condition.comparison)
            let read = "SELECT 1 FROM run_datasets d JOIN tracked_datasets t ON t.id = d.dataset WHERE d.run_id = r.id"
            return SearchClause(sql: "EXISTS (\(read) AND \(compared.sql))", arguments: compared.arguments)
        default: throw TernError.invalid("runs cannot be searched by \(condition.field)")
        }
    }

    private static func add(_ term: SearchOrder, number: Int, to statement: inout SearchStatement) throws {
        let name = "o\(number)"
        func join(_ table: String, _ key: String) {
            statement.joins.append(
                SearchClause(sql: "LEFT JOIN \(table) \(name) ON \(name).run_id = r.id AND \(name).key = ?", arguments: [.text(key)]))
        }
        switch term.field {
        case .attribute(let column) where SearchAttribute.run.contains(column):
            statement.orderBy("r.\(column)", ascending: term.ascending, nullable: column == "end_time")
        case .metric(let key):
            join("metric_series", key)
            statement.orderBy("\(name).value", ascending: term.ascending, nullable: true, nanColumn: "\(name).is_nan")
        case .param(let key):
            join("run_params", key)
            statement.orderBy("\(name).value", ascending: term.ascending, nullable: true)
        case .tag(let key):
            join("run_tags", key)
            statement.orderBy("\(name).value", ascending: term.ascending, nullable: true)
        default: throw TernError.invalid("runs cannot be ordered by \(term.field)")
        }
    }
}
