import TernKernel
import Traces
import Tracking

/// What the words of a trace search mean: `trace.status = 'OK' AND span.name LIKE 'chat%' AND feedback.score > 0.5`.
struct TraceFilterMeaning {
    private enum Entity: String {
        case attribute, tag, metadata = "request_metadata", span, feedback, expectation, issue
    }

    private static let entities: [String: Entity] = [
        "attribute": .attribute, "attributes": .attribute, "trace": .attribute, "tag": .tag, "tags": .tag, "metadata": .metadata,
        "request_metadata": .metadata, "span": .span, "feedback": .feedback, "expectation": .expectation, "issue": .issue,
    ]
    private static let numbers: [String: TraceField] = [
        "timestamp": .requestedAt, "timestamp_ms": .requestedAt, "execution_time": .duration, "execution_time_ms": .duration,
        "end_time": .endedAt, "end_time_ms": .endedAt,
    ]
    private static let texts: [String: TraceField] = [
        "request_id": .id, "status": .state, "client_request_id": .clientRequest, "name": .tag(TraceKey.name),
        "run_id": .metadata(TraceKey.sourceRun),
    ]
    private static let others: Set<String> = ["prompt", "text"]
    private static let listed: Set<String> = ["name", "status", "request_id", "run_id", "client_request_id"]
    private static let textComparators = ["=", "!=", "IN", "NOT IN", "LIKE", "ILIKE", "RLIKE"]

    func conditions(_ filter: String?) throws -> [TraceCondition] { try FilterParser.parse(filter ?? "").map(condition) }

    func order(_ terms: [String]) throws -> [(field: TraceField, ascending: Bool)] {
        var seen: Set<TraceField> = []
        return try terms.map { text in
            let term = try FilterParser.parseOrder(text)
            let field: TraceField
            switch try entity(term.entity) {
            case .attribute:
                var known = TraceFilterMeaning.numbers.merging(TraceFilterMeaning.texts) { $1 }
                known["client_request_id"] = nil
                known["experiment_id"] = .experiment
                guard let found = known[term.key] else { throw unknown(term.key, known.keys) }
                field = found
            case .tag: field = .tag(term.key)
            case .metadata: field = .metadata(term.key)
            case let other: throw TernError.invalid("Invalid identifier type '\(other.rawValue)'")
            }
            guard seen.insert(field).inserted else {
                throw TernError.invalid("`order_by` contains duplicate fields: [\(terms.map { "'\($0)'" }.joined(separator: ", "))]")
            }
            return (field, term.ascending)
        }
    }

    private func entity(_ name: String?) throws -> Entity {
        guard let name else { return .attribute }
        guard let entity = TraceFilterMeaning.entities[name] else {
            throw TernError.invalid("Invalid entity type '\(name)'. Valid values are {\(TraceFilterMeaning.list(TraceFilterMeaning.entities.keys))}")
        }
        return entity
    }

    private func unknown(_ key: String, _ known: some Sequence<String>) -> TernError {
        .invalid("Invalid attribute key '\(key)' specified. Valid keys are '{\(TraceFilterMeaning.list(known))}'")
    }

    private static func list(_ names: some Sequence<String>) -> String { names.sorted().map { "'\($0)'" }.joined(separator: ", ") }

    // MARK: Conditions

    private func condition(_ clause: FilterClause) throws -> TraceCondition {
        switch try entity(clause.entity) {
        case .attribute: return try attribute(clause)
        case .tag: return clause.key == TraceKey.linkedPrompts ? try prompt(clause) : try keyed(clause, .tag(clause.key), "tag")
        case .metadata:
            if clause.key == TraceKey.sourceRun, clause.comparator == "=" { return .run(try text(clause, "request_metadata")) }
            return try keyed(clause, .metadata(clause.key), "request_metadata")
        case .span: return try span(clause)
        case .feedback: return try assessment(clause, .feedback)
        case .expectation: return try assessment(clause, .expectation)
        case .issue:
            guard clause.key == "id" else { throw TernError.invalid("Invalid issue attribute '\(clause.key)'. Supported attributes: id") }
            guard clause.comparator == "=" else { throw TernError.invalid("issue.id comparator '\(clause.comparator)' not one of '{'='}'") }
            return .issue(try text(clause, "issue"))
        }
    }

    private func attribute(_ clause: FilterClause) throws -> TraceCondition {
        if let field = TraceFilterMeaning.numbers[clause.key] {
            if case .list = clause.value { throw onlyListed() }
            guard let order = NumberOrder(rawValue: clause.comparator) else { throw bad(clause, ["<", "<=", ">", ">=", "=", "!="]) }
            guard case .number(let number) = clause.value else {
                throw TernError.invalid("Expected numeric value type for numeric attribute: \(clause.key). Found \(clause.source)")
            }
            return .number(field, order, number)
        }
        if clause.key == "prompt" { return try prompt(clause) }
        if clause.key == "text" { return .span(.content, try contentComparison(clause)) }
        guard let field = TraceFilterMeaning.texts[clause.key] else {
            let known = Array(TraceFilterMeaning.numbers.keys) + TraceFilterMeaning.texts.keys + TraceFilterMeaning.others
            throw unknown(clause.key, known)
        }
        if clause.key == "run_id", clause.comparator == "=" { return .run(try text(clause, "attributes")) }
        if clause.comparator.hasSuffix("NULL") {
            guard clause.key == "name" || clause.key == "run_id" else { throw bad(clause, TraceFilterMeaning.textComparators) }
            return clause.comparator == "IS NULL" ? .missing(field) : .present(field)
        }
        if case .number = clause.value {
            throw TernError.invalid(
                "Only the '{\(TraceFilterMeaning.list(TraceFilterMeaning.numbers.keys))}' attributes support comparison with numeric values.")
        }
        if case .list = clause.value, !TraceFilterMeaning.listed.contains(clause.key) { throw onlyListed() }
        return .text(field, try comparison(clause, "attributes", among: TraceFilterMeaning.textComparators))
    }

    private func onlyListed() -> TernError {
        .invalid(
            "Only attributes in {\(TraceFilterMeaning.list(TraceFilterMeaning.listed))} supports comparison with a list of quoted string values.")
    }

    /// Prompts are not linked to traces here, so none is found; a filter that makes no sense is refused all the same.
    private func prompt(_ clause: FilterClause) throws -> TraceCondition {
        guard clause.comparator == "=" else {
            throw TernError.invalid(
                "Invalid comparator '\(clause.comparator)' for prompts filter. Only '=' is supported with format: prompt = \"name/version\"")
        }
        let value = try text(clause, "tag")
        guard value.count(where: { $0 == "/" }) == 1 else {
            throw TernError.invalid("Invalid prompts filter value '\(value)'. Expected format: prompt = \"name/version\"")
        }
        return .never
    }

    private func keyed(_ clause: FilterClause, _ field: TraceField, _ what: String) throws -> TraceCondition {
        switch clause.comparator {
        case "IS NULL": return .missing(field)
        case "IS NOT NULL": return .present(field)
        default:
            return .text(
                field, try comparison(clause, what, among: ["=", "!=", "LIKE", "ILIKE", "RLIKE"], listing: ["IS NULL", "IS NOT NULL"]))
        }
    }

    private func span(_ clause: FilterClause) throws -> TraceCondition {
        let field: SpanField
        switch clause.key {
        case "name": field = .name
        case "type": field = .type
        case "status": field = .status
        case "content": return .span(.content, try contentComparison(clause))
        case "attributes.": throw TernError.invalid("Span attribute name cannot be empty after 'attributes.'")
        case let key where key.hasPrefix("attributes."): field = .attribute(String(key.dropFirst("attributes.".count)))
        default:
            throw TernError.invalid(
                "Invalid span attribute '\(clause.key)'. Supported attributes: name, status, type, attributes.<attribute_name>.")
        }
        guard TraceFilterMeaning.textComparators.contains(clause.comparator) else {
            throw TernError.invalid(
                "span.\(clause.key) comparator '\(clause.comparator)' not one of '{\(TraceFilterMeaning.list(TraceFilterMeaning.textComparators))}'")
        }
        return .span(field, try comparison(clause, "span", among: TraceFilterMeaning.textComparators))
    }

    private func contentComparison(_ clause: FilterClause) throws -> TextComparison {
        guard clause.comparator == "LIKE" || clause.comparator == "ILIKE" else {
            throw TernError.invalid("span.content comparator '\(clause.comparator)' not one of '{'ILIKE', 'LIKE'}'")
        }
        return .like(try text(clause, "span"), caseSensitive: clause.comparator == "LIKE")
    }

    private func assessment(_ clause: FilterClause, _ kind: Assessment.Kind) throws -> TraceCondition {
        switch clause.comparator {
        case "IS NULL": return .assessment(kind, name: clause.key, .missing)
        case "IS NOT NULL": return .assessment(kind, name: clause.key, .present)
        case "<", "<=", ">", ">=":
            guard case .number(let number) = clause.value, let order = NumberOrder(rawValue: clause.comparator) else {
                throw TernError.invalid(
                    "Expected a numeric value for \(kind.rawValue) when using comparator '\(clause.comparator)'. Got value \(clause.source)")
            }
            return .assessment(kind, name: clause.key, .number(order, number))
        case "=", "!=", "LIKE", "ILIKE", "RLIKE":
            return .assessment(kind, name: clause.key, .text(try comparison(clause, kind.rawValue, among: [clause.comparator])))
        default:
            let known = ["!=", "=", ">", ">=", "<", "<=", "LIKE", "ILIKE", "RLIKE", "IS NULL", "IS NOT NULL"]
            throw TernError.invalid(
                "assessment.\(clause.key) comparator '\(clause.comparator)' not one of '{\(TraceFilterMeaning.list(known))}'")
        }
    }

    // MARK: Values

    private func comparison(
        _ clause: FilterClause, _ what: String, among allowed: [String], listing others: [String] = []
    ) throws -> TextComparison {
        guard allowed.contains(clause.comparator) else { throw bad(clause, allowed + others) }
        if clause.comparator.hasSuffix("IN") {
            guard case .list(let values) = clause.value else { throw expected(clause, what) }
            return clause.comparator == "IN" ? .oneOf(values) : .noneOf(values)
        }
        let text = try text(clause, what)
        switch clause.comparator {
        case "=": return .equal(text)
        case "!=": return .notEqual(text)
        case "LIKE": return .like(text, caseSensitive: true)
        case "ILIKE": return .like(text, caseSensitive: false)
        default: return .matches(try TextPattern(text))
        }
    }

    private func text(_ clause: FilterClause, _ what: String) throws -> String {
        guard case .text(let text) = clause.value else { throw expected(clause, what) }
        return text
    }

    private func expected(_ clause: FilterClause, _ what: String) -> TernError {
        if what == "attributes" {
            return .invalid("Expected a quoted string value or a list of quoted string values for attributes. Got value \(clause.source)")
        }
        return .invalid("Expected a quoted string value for \(what) (e.g. 'my-value'). Got value \(clause.source)")
    }

    private func bad(_ clause: FilterClause, _ allowed: [String]) -> TernError {
        .invalid(
            "Invalid comparator '\(clause.comparator)' not one of '{\(TraceFilterMeaning.list(allowed))}' (at character \(clause.position))")
    }
}
