import TernKernel
import TernStore

/// Puts a search together as SQL. What the databases do not do alike (regular expressions, values inside spans) is left over for `remainder`.
struct TraceSearchStore {
    let connection: Connection

    private struct Fragment {
        var sql: String
        var arguments: [SQLValue] = []
    }

    init(_ connection: Connection) { self.connection = connection }

    /// The ids of traces that the database finds, in order.
    func ids(_ search: TraceSearch, offset: Int, limit: Int) throws -> [String] {
        if search.experiments.isEmpty { return [] }
        var clauses = [
            Fragment(
                sql: "t.experiment_id IN (\(TraceStore.marks(search.experiments.count)))", arguments: search.experiments.map(SQLValue.int))
        ]
        clauses += search.conditions.compactMap(clause)
        if let span = spanClause(search.conditions) { clauses.append(span) }
        let order = order(search)
        return try connection.rows(
            """
            SELECT t.id AS id FROM traces t WHERE \(clauses.map(\.sql).joined(separator: " AND "))
            ORDER BY \(order.map(\.sql).joined(separator: ", ")) LIMIT \(max(0, limit)) OFFSET \(max(0, offset))
            """, (clauses + order).flatMap(\.arguments)
        ).map { try $0.text("id") }
    }

    private func order(_ search: TraceSearch) -> [Fragment] {
        var terms: [Fragment] = []
        for (field, ascending) in search.order {
            let value = value(field)
            terms.append(Fragment(sql: "CASE WHEN \(value.sql) IS NULL THEN 1 ELSE 0 END", arguments: value.arguments))
            terms.append(Fragment(sql: value.sql + (ascending ? " ASC" : " DESC"), arguments: value.arguments))
        }
        let fields = search.order.map(\.field)
        if !fields.contains(.requestedAt) { terms.append(Fragment(sql: "t.requested_at DESC")) }
        if !fields.contains(.id) { terms.append(Fragment(sql: "t.id ASC")) }
        return terms
    }

    private func value(_ field: TraceField) -> Fragment {
        switch field {
        case .id: Fragment(sql: "t.id")
        case .experiment: Fragment(sql: "t.experiment_id")
        case .requestedAt: Fragment(sql: "t.requested_at")
        case .duration: Fragment(sql: "t.duration")
        case .endedAt: Fragment(sql: "(t.requested_at + COALESCE(t.duration, 0))")
        case .state: Fragment(sql: "t.state")
        case .clientRequest: Fragment(sql: "t.client_request")
        case .tag(let key): Fragment(sql: "(SELECT g.value FROM trace_tags g WHERE g.trace = t.id AND g.key = ?)", arguments: [.text(key)])
        case .metadata(let key):
            Fragment(sql: "(SELECT m.value FROM trace_metadata m WHERE m.trace = t.id AND m.key = ?)", arguments: [.text(key)])
        }
    }

    // MARK: Conditions

    /// Nil for what is left over, and for spans, which are one clause together.
    private func clause(_ condition: TraceCondition) -> Fragment? {
        switch condition {
        case .number(let field, let order, let number): return compare(value(field), order, number)
        case .text(let field, let comparison):
            let value = value(field)
            return compare(value, comparison) ?? Fragment(sql: "\(value.sql) IS NOT NULL", arguments: value.arguments)
        case .missing(let field):
            let value = value(field)
            return Fragment(sql: "\(value.sql) IS NULL", arguments: value.arguments)
        case .present(let field):
            let value = value(field)
            return Fragment(sql: "\(value.sql) IS NOT NULL", arguments: value.arguments)
        case .run(let run):
            return Fragment(
                sql: """
                    (EXISTS (SELECT 1 FROM trace_runs r WHERE r.run = ? AND r.trace = t.id)
                    OR EXISTS (SELECT 1 FROM trace_metadata m WHERE m.trace = t.id AND m.key = ? AND m.value = ?))
                    """, arguments: [.text(run), .text(TraceKey.sourceRun), .text(run)])
        case .span: return nil
        case .assessment(let kind, let name, let comparison): return assessment(kind, name, comparison)
        case .issue(let id):
            return Fragment(
                sql: "EXISTS (SELECT 1 FROM assessments a WHERE a.trace = t.id AND a.kind = 'issue' AND a.name = ?)", arguments: [.text(id)])
        case .never: return Fragment(sql: "1 = 0")
        }
    }

    /// Whole numbers are compared as such; a fraction falls between two of them.
    private func compare(_ value: Fragment, _ order: NumberOrder, _ number: Double) -> Fragment {
        func whole(_ sign: String, _ number: Double) -> Fragment {
            Fragment(
                sql: "\(value.sql) \(sign) ?", arguments: value.arguments + [.int(number >= 9.2e18 ? .max : number <= -9.2e18 ? .min : Int64(number))]
            )
        }
        if number.rounded() == number || number.isInfinite { return whole(order == .notEqual ? "<>" : order.rawValue, number) }
        switch order {
        case .greater, .atLeast: return whole(">=", number.rounded(.up))
        case .less, .atMost: return whole("<=", number.rounded(.down))
        case .equal: return Fragment(sql: "1 = 0")
        case .notEqual: return Fragment(sql: "\(value.sql) IS NOT NULL", arguments: value.arguments)
        }
    }

    /// Nil for a regular expression.
    private func compare(_ value: Fragment, _ comparison: TextComparison) -> Fragment? {
        func with(_ rest: String, _ arguments: [SQLValue]) -> Fragment { Fragment(sql: value.sql + rest, arguments: value.arguments + arguments) }
        switch comparison {
        case .equal(let text): return with(" = ?", [.text(text)])
        case .notEqual(let text): return with(" <> ?", [.text(text)])
        case .oneOf(let texts): return with(" IN (\(TraceStore.marks(texts.count)))", texts.map(SQLValue.text))
        case .noneOf(let texts): return with(" NOT IN (\(TraceStore.marks(texts.count)))", texts.map(SQLValue.text))
        case .like(let pattern, true): return with(" LIKE ? ESCAPE '\\'", [.text(pattern.replacing("\\", with: "\\\\"))])
        case .like(let pattern, false):
            return Fragment(
                sql: "lower(\(value.sql)) LIKE lower(?) ESCAPE '\\'", arguments: value.arguments + [.text(pattern.replacing("\\", with: "\\\\"))])
        case .matches: return nil
        }
    }

    private func assessment(_ kind: Assessment.Kind, _ name: String, _ comparison: AssessmentComparison) -> Fragment {
        var sql = "a.kind = ? AND a.name = ? AND a.valid = 1"
        var arguments: [SQLValue] = [.text(kind.rawValue), .text(name)]
        switch comparison {
        case .number(let order, let number):
            sql += " AND a.number \(order == .notEqual ? "<>" : order.rawValue) ?"
            arguments.append(.double(number))
        case .text(let comparison):
            if let fragment = compare(Fragment(sql: "a.text"), comparison) {
                sql += " AND " + fragment.sql
                arguments += fragment.arguments
            }
        case .missing, .present: break
        }
        let either = """
            (EXISTS (SELECT 1 FROM assessments a WHERE a.trace = t.id AND \(sql))
            OR EXISTS (SELECT 1 FROM traces o JOIN assessments a ON a.trace = o.id
                WHERE o.session = t.session AND o.experiment_id = t.experiment_id AND a.of_session = 1 AND \(sql)))
            """
        return Fragment(sql: comparison.isMissing ? "NOT \(either)" : either, arguments: arguments + arguments)
    }

    private func spanClause(_ conditions: [TraceCondition]) -> Fragment? {
        var parts: [Fragment] = []
        for case .span(let field, let comparison) in conditions {
            switch field {
            case .name: parts.append(compare(Fragment(sql: "s.name"), comparison) ?? Fragment(sql: "1 = 1"))
            case .type: parts.append(compare(Fragment(sql: "s.type"), comparison) ?? Fragment(sql: "s.type IS NOT NULL"))
            case .status: parts.append(compare(Fragment(sql: "s.status"), comparison) ?? Fragment(sql: "1 = 1"))
            case .content: parts.append(compare(Fragment(sql: "s.content"), comparison) ?? Fragment(sql: "1 = 1"))
            case .attribute(let key):
                // Its value is looked at in Swift; here only spans that name it.
                var quoted = ""
                JSON.quote(key, into: &quoted)
                let name = quoted.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
                parts.append(Fragment(sql: "s.content LIKE ? ESCAPE '\\'", arguments: [.text("%\(name):%")]))
            }
        }
        guard !parts.isEmpty else { return nil }
        return Fragment(
            sql: "EXISTS (SELECT 1 FROM spans s WHERE s.trace = t.id AND \(parts.map(\.sql).joined(separator: " AND ")))",
            arguments: parts.flatMap(\.arguments))
    }
}

extension AssessmentComparison {
    fileprivate var isMissing: Bool { if case .missing = self { true } else { false } }
}
