import TernKernel

/// The words of one kind of search: which entities and attributes it knows, and what may be compared how.
package struct FilterMeaning: Sendable {
    enum Entity: String, Sendable {
        case attribute, metric, parameter, tag, dataset
    }

    /// Wire names of entities, such as `params` for `parameter`.
    var entities: [String: Entity]
    /// Wire names of attributes and the columns they stand for.
    var textAttributes: [String: String]
    var numberAttributes: [String: String]
    /// Attributes that may be compared with a list.
    var listed: Set<String>
    /// What a text value of an attribute is stored as.
    var stored: @Sendable (_ column: String, _ text: String) -> String = { $1 }
    var unknownEntity: @Sendable (String) -> String

    package static let runs = FilterMeaning(
        entities: [
            "metric": .metric, "metrics": .metric, "parameter": .parameter, "parameters": .parameter, "param": .parameter, "params": .parameter,
            "tag": .tag, "tags": .tag, "attribute": .attribute, "attributes": .attribute, "attr": .attribute, "run": .attribute,
            "dataset": .dataset, "datasets": .dataset,
        ],
        textAttributes: [
            "run_id": "id", "run_name": "name", "run name": "name", "Run name": "name", "Run Name": "name", "status": "status", "user_id": "user_id",
            "artifact_uri": "artifact_uri",
        ],
        numberAttributes: ["start_time": "start_time", "created": "start_time", "Created": "start_time", "end_time": "end_time"],
        listed: ["run_id"],
        unknownEntity: { "Invalid entity type '\($0)'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']" })

    package static let experiments = FilterMeaning(
        entities: ["attribute": .attribute, "tag": .tag, "tags": .tag],
        textAttributes: ["name": "name", "experiment_id": "id"],
        numberAttributes: ["creation_time": "created_at", "last_update_time": "updated_at"], listed: ["experiment_id"],
        unknownEntity: { "Invalid entity type '\($0)'. Valid entity types are ('attribute', 'tag', 'tags')" })

    package static let loggedModels = FilterMeaning(
        entities: ["attributes": .attribute, "metrics": .metric, "params": .parameter, "tags": .tag],
        textAttributes: ["name": "name", "model_id": "id", "model_type": "type", "status": "status", "source_run_id": "source_run"],
        numberAttributes: [
            "creation_timestamp": "created_at", "creation_time": "created_at", "last_updated_timestamp": "updated_at",
            "last_updated_time": "updated_at",
        ],
        listed: ["name", "model_id", "model_type", "status", "source_run_id"],
        stored: { column, text in column == "status" && text.hasPrefix("LOGGED_MODEL_") ? String(text.dropFirst(13)) : text },
        unknownEntity: { "Invalid entity type: '\($0)'. Expected one of ['attributes', 'metrics', 'params', 'tags']." })

    package func filter(_ text: String?) throws -> SearchFilter {
        SearchFilter(try FilterParser.parse(text ?? "").map(condition))
    }

    package func order(_ terms: [String]) throws -> [SearchOrder] {
        var seen: Set<SearchField> = []
        return try terms.map { text in
            let parsed = try FilterParser.parseOrder(text)
            let (field, _) = try field(parsed.entity, parsed.key)
            if case .dataset = field { throw TernError.invalid("Invalid identifier type 'dataset'") }
            guard seen.insert(field).inserted else {
                throw TernError.invalid("`order_by` contains duplicate fields: [\(terms.map { "'\($0)'" }.joined(separator: ", "))]")
            }
            return SearchOrder(field, ascending: parsed.ascending)
        }
    }

    // MARK: Names

    package func field(_ entity: String?, _ key: String) throws -> (field: SearchField, isNumber: Bool) {
        switch try kind(entity) {
        case .metric: return (.metric(key), true)
        case .parameter: return (.param(key), false)
        case .tag: return (.tag(key), false)
        case .dataset:
            guard ["name", "digest", "context"].contains(key) else {
                throw TernError.invalid("Invalid dataset key '\(key)' specified. Valid keys are '{'name', 'digest', 'context'}'")
            }
            return (.dataset(key), false)
        case .attribute:
            if let column = numberAttributes[key] { return (.attribute(column), true) }
            if let column = textAttributes[key] { return (.attribute(column), false) }
            let known = (Array(textAttributes.keys) + numberAttributes.keys).sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw TernError.invalid("Invalid attribute key '\(key)' specified. Valid keys are '{\(known)}'")
        }
    }

    private func kind(_ entity: String?) throws -> Entity {
        guard let entity else { return .attribute }
        guard let kind = entities[entity] else { throw TernError.invalid(unknownEntity(entity)) }
        return kind
    }

    // MARK: Comparisons

    private func condition(_ clause: FilterClause) throws -> SearchFilter.Condition {
        let kind = try kind(clause.entity)
        let (field, isNumber) = try field(clause.entity, clause.key)
        if clause.comparator.hasSuffix("NULL") {
            guard kind == .tag || kind == .parameter else {
                throw TernError.invalid(
                    "IS NULL / IS NOT NULL is only supported for tags and params, not for '\(kind.rawValue)' '\(clause.key)'")
            }
            return SearchFilter.Condition(field, clause.comparator == "IS NULL" ? .missing : .present)
        }
        return SearchFilter.Condition(field, isNumber ? try number(clause, kind) : try text(clause, kind, field))
    }

    private func number(_ clause: FilterClause, _ kind: Entity) throws -> SearchFilter.Comparison {
        guard case .number(let value) = clause.value else {
            let what = kind == .metric ? "metric." : "numeric attribute: \(clause.key)."
            throw TernError.invalid("Expected numeric value type for \(what) Found \(clause.source)")
        }
        guard let ordering = SearchFilter.Ordering(rawValue: clause.comparator) else {
            throw bad(clause, ["<", "<=", ">", ">=", "=", "!="])
        }
        return .number(ordering, value)
    }

    private func text(_ clause: FilterClause, _ kind: Entity, _ field: SearchField) throws -> SearchFilter.Comparison {
        var allowed = ["=", "!=", "LIKE", "ILIKE"]
        if kind == .attribute || kind == .dataset { allowed += ["IN", "NOT IN"] } else { allowed += ["IS NULL", "IS NOT NULL"] }
        guard allowed.contains(clause.comparator) else { throw bad(clause, allowed) }
        func value(_ text: String) -> String {
            if case .attribute(let column) = field { return stored(column, text) }
            return text
        }
        switch clause.value {
        case .list(let values):
            if kind == .attribute, !listed.contains(clause.key) {
                let names = listed.sorted().map { "'\($0)'" }.joined(separator: ", ")
                throw TernError.invalid("Only [\(names)] attributes support comparison with a list of quoted string values.")
            }
            guard kind == .attribute || kind == .dataset else { throw expected(clause, kind) }
            guard clause.comparator.hasSuffix("IN") else { throw bad(clause, ["IN", "NOT IN"]) }
            return clause.comparator == "IN" ? .oneOf(values.map(value)) : .noneOf(values.map(value))
        case .text(let text):
            switch clause.comparator {
            case "=": return .equal(value(text))
            case "!=": return .notEqual(value(text))
            case "LIKE": return .like(text, caseSensitive: true)
            default: return .like(text, caseSensitive: false)
            }
        case .number, .none: throw expected(clause, kind)
        }
    }

    private func bad(_ clause: FilterClause, _ allowed: [String]) -> TernError {
        let list = allowed.map { "'\($0)'" }.joined(separator: ", ")
        return .invalid("Invalid comparator '\(clause.comparator)' not one of '{\(list)}' (at character \(clause.position))")
    }

    private func expected(_ clause: FilterClause, _ kind: Entity) -> TernError {
        switch kind {
        case .parameter, .tag:
            .invalid("Expected a quoted string value for \(kind.rawValue) (e.g. 'my-value'). Got value \(clause.source)")
        case .dataset: .invalid("Expected a quoted string value for dataset attributes. Got value \(clause.source)")
        default: .invalid("Expected a quoted string value for attributes. Got value \(clause.source)")
        }
    }
}

extension SearchFilter {
    /// A filter of runs, in MLflow's language.
    ///
    /// - Throws: `invalid_argument` that names the character where it stops making sense.
    package init(runs text: String) throws { self = try FilterMeaning.runs.filter(text) }
}

extension [SearchOrder] {
    /// Orderings of runs such as `metrics.loss DESC`.
    package init(runs terms: [String]) throws { self = try FilterMeaning.runs.order(terms) }
}
