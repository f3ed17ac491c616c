import Foundation
import TernKernel
import TernStore

/// What a search asks for, whatever words it was asked in: all conditions must hold.
package struct RegistryQuery: Sendable {
    /// MLflow marks its prompts with this tag; a search that does not ask for them leaves them out.
    package static let promptTag = "mlflow.prompt.is_prompt"
    /// The most values in a list, and bytes in a pattern: both databases take these.
    static let longestList = 4096
    static let longestPattern = 20_000

    package enum Field: Hashable, Sendable {
        case name
        case version
        case run
        case source
        case created
        case updated
        case tag(String)
    }

    package enum Comparison: String, Hashable, Sendable {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case like = "LIKE"
        case likeAnyCase = "ILIKE"
        case among = "IN"
        case notAmong = "NOT IN"
    }

    package enum Operand: Hashable, Sendable {
        case text(String)
        case number(Int64)
        case list([String])
    }

    package struct Condition: Hashable, Sendable {
        package var field: Field
        package var comparison: Comparison
        package var operand: Operand

        package init(_ field: Field, _ comparison: Comparison, _ operand: Operand) {
            self.field = field
            self.comparison = comparison
            self.operand = operand
        }
    }

    package struct Order: Hashable, Sendable {
        package var field: Field
        package var ascending: Bool

        package init(_ field: Field, ascending: Bool = true) {
            self.field = field
            self.ascending = ascending
        }

        var spelling: String { "\(field) \(ascending ? "asc" : "desc")" }
    }

    package var conditions: [Condition]
    package var order: [Order]
    package var limit: Int
    /// Where the page starts: the `next` of the page before; nil for the first.
    package var page: String?

    package init(conditions: [Condition] = [], order: [Order] = [], limit: Int = 100, page: String? = nil) {
        self.conditions = conditions
        self.order = order
        self.limit = limit
        self.page = page
    }

    /// Whether the search is for prompts rather than models.
    var wantsPrompts: Bool {
        conditions.contains { condition in
            guard condition.field == .tag(RegistryQuery.promptTag), case .text(let value) = condition.operand else { return false }
            return (condition.comparison == .equal && value.lowercased() == "true")
                || (condition.comparison == .unequal && value.lowercased() == "false")
        }
    }
}

/// The place of a row in an order: the page after it begins there, whatever was added or removed before it.
struct RegistryPlace: Codable, Hashable, Sendable {
    enum Value: Codable, Hashable, Sendable {
        case text(String)
        case number(Int64)

        var sql: SQLValue {
            switch self {
            case .text(let text): .text(text)
            case .number(let number): .int(number)
            }
        }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int64.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .text(let text): try value.encode(text)
            case .number(let number): try value.encode(number)
            }
        }
    }

    /// The order that the place is in, so that it is not taken for a place in another.
    var order: [String]
    var values: [Value]

    static let foreign = TernError.invalid(
        "Invalid page token: it is of a search with another order", hint: "ask for the next page with the order_by of the first")

    init(order: [String], values: [Value]) {
        self.order = order
        self.values = values
    }

    /// - Throws: `invalid_argument` for what is not a token of this server.
    init?(token: String?) throws {
        guard let token, !token.isEmpty else { return nil }
        guard let data = Data(base64Encoded: token) else { throw TernError.invalid("Invalid page token, could not base64-decode") }
        guard let place = try? JSONDecoder().decode(RegistryPlace.self, from: data) else {
            throw TernError.invalid("Invalid page token, decoded value=\(String(decoding: data, as: UTF8.self))")
        }
        self = place
    }

    func token() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(self).base64EncodedString()
    }
}
