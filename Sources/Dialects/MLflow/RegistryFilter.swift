import Registry
import TernKernel
import Tracking

/// The words of a search in the registry: what may be asked of models and of versions, and how.
struct RegistryFilter: Sendable {
    typealias Condition = RegistryQuery.Condition

    /// Attributes in the words of the filter.
    let attributes: [String: RegistryQuery.Field]
    let numeric: Set<String>
    /// Attributes that may be compared with a list.
    let listed: Set<String>
    let orders: [String: RegistryQuery.Field]

    static let models = RegistryFilter(
        attributes: ["name": .name], numeric: [], listed: ["name"],
        orders: ["name": .name, "timestamp": .updated, "last_updated_timestamp": .updated])

    static let versions = RegistryFilter(
        attributes: ["name": .name, "version_number": .version, "run_id": .run, "source_path": .source], numeric: ["version_number"],
        listed: ["name", "run_id"],
        orders: ["name": .name, "version_number": .version, "creation_timestamp": .created, "last_updated_timestamp": .updated])

    func parse(_ text: String?) throws -> [Condition] { try FilterParser.parse(text ?? "").map(condition) }

    func order(_ terms: [String]) throws -> [RegistryQuery.Order] {
        var seen: Set<RegistryQuery.Field> = []
        return try terms.map { text in
            let (entity, key, ascending) = try FilterParser.parseOrder(text)
            guard entity == nil || entity == "attribute", let field = orders[key] else {
                throw TernError.invalid("Invalid order by key '\(key)' specified. Valid keys are '{\(RegistryFilter.names(orders))}'")
            }
            guard seen.insert(field).inserted else { throw TernError.invalid("`order_by` contains duplicate fields: \(terms)") }
            return RegistryQuery.Order(field, ascending: ascending)
        }
    }

    private func condition(_ clause: FilterClause) throws -> Condition {
        switch clause.entity {
        case "tag", "tags":
            let comparison = try comparison(clause, among: [.equal, .unequal, .like, .likeAnyCase], "Invalid comparator for tag: ")
            guard case .text(let text) = clause.value else {
                throw TernError.invalid("Expected a quoted string value for tag (e.g. 'my-value'). Got value \(clause.source)")
            }
            return Condition(.tag(clause.key), comparison, .text(text))
        case nil, "attribute":
            guard let field = attributes[clause.key] else {
                throw TernError.invalid("Invalid attribute key '\(clause.key)' specified. Valid keys are '{\(RegistryFilter.names(attributes))}'")
            }
            return numeric.contains(clause.key) ? try number(clause, field) : try text(clause, field)
        case .some(let other):
            throw TernError.invalid("Invalid entity type '\(other)'. Valid entity types are ('attribute', 'tag', 'tags')")
        }
    }

    private func number(_ clause: FilterClause, _ field: RegistryQuery.Field) throws -> Condition {
        let comparison = try comparison(
            clause, among: [.equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual], "Invalid comparator for attribute \(clause.key): ")
        let value: Int64? =
            switch clause.value {
            case .number(let number): Int64(exactly: number)
            case .text(let text): Int64(text)
            case .list, .none: nil
            }
        guard let value else { throw TernError.invalid("Invalid value for numeric attribute '\(clause.key)': \(clause.source)") }
        return Condition(field, comparison, .number(value))
    }

    private func text(_ clause: FilterClause, _ field: RegistryQuery.Field) throws -> Condition {
        var allowed: [RegistryQuery.Comparison] = [.equal, .unequal, .like, .likeAnyCase]
        if listed.contains(clause.key) { allowed += [.among, .notAmong] }
        let comparison = try comparison(clause, among: allowed, "Invalid comparator for attribute: ")
        switch (comparison, clause.value) {
        case (.among, .list(let values)), (.notAmong, .list(let values)): return Condition(field, comparison, .list(values))
        case (_, .text(let text)): return Condition(field, comparison, .text(text))
        default:
            throw TernError.invalid("Expected a quoted string value or a list of quoted string values for attributes. Got value \(clause.source)")
        }
    }

    private func comparison(
        _ clause: FilterClause, among allowed: [RegistryQuery.Comparison], _ refusal: String
    ) throws -> RegistryQuery.Comparison {
        guard let comparison = RegistryQuery.Comparison(rawValue: clause.comparator), allowed.contains(comparison) else {
            throw TernError.invalid("\(refusal)\(clause.comparator)")
        }
        return comparison
    }

    private static func names(_ fields: [String: RegistryQuery.Field]) -> String { fields.keys.sorted().map { "'\($0)'" }.joined(separator: ", ") }
}
