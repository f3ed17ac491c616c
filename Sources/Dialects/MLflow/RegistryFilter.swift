import Registry
import TernKernel

/// MLflow's filter language for models and versions: comparisons joined by AND, nothing else.
struct RegistryFilter: Sendable {
    typealias Condition = RegistryQuery.Condition

    /// Attributes that may be asked about, in the words of the filter.
    let attributes: [String: RegistryQuery.Field]
    let numeric: Set<String>
    /// Attributes that IN may list values of.
    let listed: Set<String>
    let orders: [String: RegistryQuery.Field]

    static let models = RegistryFilter(
        attributes: ["name": .name], numeric: [], listed: ["name"],
        orders: ["name": .name, "timestamp": .updated, "last_updated_timestamp": .updated])

    static let versions = RegistryFilter(
        attributes: ["name": .name, "version_number": .version, "run_id": .run, "source_path": .source], numeric: ["version_number"],
        listed: ["name", "run_id"],
        orders: ["name": .name, "version_number": .version, "creation_timestamp": .created, "last_updated_timestamp": .updated])

    func parse(_ text: String) throws -> [Condition] {
        var reader = FilterReader(text)
        guard try reader.peek() != nil else { return [] }
        var conditions: [Condition] = []
        while true {
            conditions.append(try condition(&reader))
            guard let joint = try reader.next() else { return conditions }
            guard joint.isKeyword("AND"), try reader.peek() != nil else { throw reader.invalid(joint) }
        }
    }

    private func condition(_ reader: inout FilterReader) throws -> Condition {
        guard let left = try reader.next() else { throw TernError.invalid("Invalid filter '\(reader.text)'. Could not be parsed.") }
        let (field, name) = try self.field(left, reader)
        let comparison = try reader.comparison()
        guard let value = try reader.next() else { throw reader.invalid(left) }
        if case .tag = field {
            guard [.equal, .unequal, .like, .likeAnyCase].contains(comparison) else {
                throw TernError.invalid("Invalid comparator for tag: \(comparison.rawValue)")
            }
            guard case .string(let text) = value.kind else {
                throw TernError.invalid("Expected a quoted string value for tag (e.g. 'my-value'). Got value \(value.text)")
            }
            return Condition(field, comparison, .text(text))
        }
        if numeric.contains(name) { return Condition(field, try number(comparison, name), try number(value, name)) }
        switch comparison {
        case .among, .notAmong:
            guard listed.contains(name) else { throw TernError.invalid("Invalid comparator for attribute: \(comparison.rawValue)") }
            return Condition(field, comparison, .list(try reader.list(startingWith: value)))
        case .equal, .unequal, .like, .likeAnyCase:
            guard case .string(let text) = value.kind else {
                throw TernError.invalid(
                    "Expected a quoted string value or a list of quoted string values for attributes. Got value \(value.text)")
            }
            return Condition(field, comparison, .text(text))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            throw TernError.invalid("Invalid comparator for attribute: \(comparison.rawValue)")
        }
    }

    private func number(_ comparison: RegistryQuery.Comparison, _ name: String) throws -> RegistryQuery.Comparison {
        switch comparison {
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual: return comparison
        case .like, .likeAnyCase, .among, .notAmong:
            throw TernError.invalid("Invalid comparator for attribute \(name): \(comparison.rawValue)")
        }
    }

    private func number(_ value: FilterToken, _ name: String) throws -> RegistryQuery.Operand {
        let text = if case .string(let inner) = value.kind { inner } else { value.text }
        guard let number = Int64(text) else { throw TernError.invalid("Invalid value for numeric attribute '\(name)': \(text)") }
        return .number(number)
    }

    /// `name`, `attribute.name`, `tag.key`, ``tags.`a key` ``, `tags."a key"`.
    private func field(_ token: FilterToken, _ reader: FilterReader) throws -> (RegistryQuery.Field, String) {
        guard case .word(let parts) = token.kind, let first = parts.first else { throw reader.invalid(token) }
        let entity = parts.count > 1 ? first : "attribute"
        let key = parts.count > 1 ? parts.dropFirst().joined(separator: ".") : first
        switch entity {
        case "tag", "tags": return (.tag(key), key)
        case "attribute":
            guard let field = attributes[key] else {
                throw TernError.invalid(
                    "Invalid attribute key '\(key)' specified. Valid keys are '{\(attributes.keys.sorted().map { "'\($0)'" }.joined(separator: ", "))}'")
            }
            return (field, key)
        default:
            throw TernError.invalid("Invalid entity type '\(entity)'. Valid entity types are ('attribute', 'tag', 'tags')")
        }
    }

    /// `name ASC`, `last_updated_timestamp desc`, ``attribute.`name` ``.
    func order(_ clause: String) throws -> RegistryQuery.Order {
        let words = clause.replacing("`", with: "").replacing("\"", with: "").split(whereSeparator: \.isWhitespace).map(String.init)
        guard let name = words.first, words.count <= 2 else {
            throw TernError.invalid("Invalid order_by clause '\(clause)'. Could not be parsed.")
        }
        var ascending = true
        if let direction = words.dropFirst().first?.lowercased() {
            guard direction == "asc" || direction == "desc" else {
                throw TernError.invalid("Invalid ordering key in order_by clause '\(clause)'.")
            }
            ascending = direction == "asc"
        }
        let key = name.hasPrefix("attribute.") ? String(name.dropFirst("attribute.".count)) : name
        guard let field = orders[key] else {
            throw TernError.invalid(
                "Invalid order by key '\(key)' specified. Valid keys are '{\(orders.keys.sorted().map { "'\($0)'" }.joined(separator: ", "))}'")
        }
        return RegistryQuery.Order(field, ascending: ascending)
    }
}
