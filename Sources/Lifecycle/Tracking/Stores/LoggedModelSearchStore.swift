import TernKernel
import TernStore

/// The statement that finds logged models.
enum LoggedModelSearchStore {
    static func statement(_ search: LoggedModelSearch) throws -> SearchClause {
        var statement = SearchStatement()
        let list = SearchClause.list(search.experiments.map(SQLValue.int))
        statement.require(SearchClause(sql: "m.experiment_id IN \(list.sql)", arguments: list.arguments))
        statement.require(SearchClause(sql: "m.stage = 'active'"))
        let datasets = measured(on: search.datasets)
        for condition in search.filter.conditions { statement.require(try clause(condition, datasets)) }
        let filtersByMetric = search.filter.conditions.contains { if case .metric = $0.field { true } else { false } }
        if let datasets, !filtersByMetric {
            statement.require(
                SearchClause(
                    sql: "EXISTS (SELECT 1 FROM logged_model_metrics k WHERE k.model_id = m.id AND \(datasets.sql))", arguments: datasets.arguments))
        }
        var named: Set<String> = []
        for (index, term) in search.order.enumerated() {
            if case .attribute(let name) = term.field { named.insert(name) }
            try add(term, number: index, to: &statement)
        }
        if !named.contains("created_at") { statement.orderBy("m.created_at", ascending: false, nullable: false) }
        if !named.contains("id") { statement.order.append("m.id ASC") }
        return statement.select("m.*", from: "logged_models m", limit: search.limit, offset: search.offset)
    }

    private static func measured(on datasets: [(name: String, digest: String?)]) -> SearchClause? {
        if datasets.isEmpty { return nil }
        let parts = datasets.map { dataset in
            dataset.digest.map { SearchClause(sql: "(k.dataset_name = ? AND k.dataset_digest = ?)", arguments: [.text(dataset.name), .text($0)]) }
                ?? SearchClause(sql: "k.dataset_name = ?", arguments: [.text(dataset.name)])
        }
        return SearchClause(sql: "(" + parts.map(\.sql).joined(separator: " OR ") + ")", arguments: parts.flatMap(\.arguments))
    }

    private static func clause(_ condition: SearchFilter.Condition, _ datasets: SearchClause?) throws -> SearchClause {
        switch condition.field {
        case .attribute(let name) where SearchAttribute.loggedModel.contains(name): return SearchClause("m.\(name)", condition.comparison)
        case .param(let key): return .keyed("logged_model_params", owner: "model_id", of: "m.id", key: key, condition.comparison)
        case .tag(let key): return .keyed("logged_model_tags", owner: "model_id", of: "m.id", key: key, condition.comparison)
        case .metric(let key):
            let compared = SearchClause("k.value", condition.comparison, nanColumn: "k.is_nan")
            let on = datasets.map { " AND " + $0.sql } ?? ""
            return SearchClause(
                sql: "EXISTS (SELECT 1 FROM logged_model_metrics k WHERE k.model_id = m.id AND k.key = ? AND \(compared.sql)\(on))",
                arguments: [.text(key)] + compared.arguments + (datasets?.arguments ?? []))
        default: throw TernError.invalid("logged models cannot be searched by \(condition.field)")
        }
    }

    private static func add(_ term: SearchOrder, number: Int, to statement: inout SearchStatement) throws {
        switch term.field {
        case .attribute(let column) where SearchAttribute.loggedModel.contains(column):
            statement.orderBy("m.\(column)", ascending: term.ascending, nullable: false)
        case .metric(let key):
            var condition = "key = ?"
            var arguments: [SQLValue] = [.text(key)]
            if let name = term.datasetName {
                condition += " AND dataset_name = ?"
                arguments.append(.text(name))
            }
            if let digest = term.datasetDigest {
                condition += " AND dataset_digest = ?"
                arguments.append(.text(digest))
            }
            let ranked = """
                SELECT model_id, value, is_nan, row_number() OVER (PARTITION BY model_id ORDER BY timestamp DESC, step DESC, run_id) AS place
                FROM logged_model_metrics WHERE \(condition)
                """
            statement.joins.append(
                SearchClause(
                    sql: "LEFT JOIN (\(ranked)) o\(number) ON o\(number).model_id = m.id AND o\(number).place = 1", arguments: arguments))
            statement.orderBy("o\(number).value", ascending: term.ascending, nullable: true, nanColumn: "o\(number).is_nan")
        default: throw TernError.invalid("logged models cannot be ordered by \(term.field)")
        }
    }
}
