/// A named column of values: what tables, tensors, the inference log and monitors exchange. Nil is a missing value.
package struct Column: Hashable, Sendable {
    package var name: String
    package var values: Values

    package init(_ name: String, _ values: Values) {
        self.name = name
        self.values = values
    }

    package enum Values: Hashable, Sendable {
        case bool([Bool?])
        case int([Int64?])
        case double([Double?])
        case text([String?])
        case time([Timestamp?])
    }

    package var count: Int {
        switch values {
        case .bool(let values): values.count
        case .int(let values): values.count
        case .double(let values): values.count
        case .text(let values): values.count
        case .time(let values): values.count
        }
    }

    /// The type's word in schemas: `bool`, `int`, `double`, `text`, `time`.
    package var type: String {
        switch values {
        case .bool: "bool"
        case .int: "int"
        case .double: "double"
        case .text: "text"
        case .time: "time"
        }
    }

    /// One value as JSON.
    package subscript(row: Int) -> JSON {
        guard row >= 0, row < count else { return .null }
        return switch values {
        case .bool(let values): JSON(values[row])
        case .int(let values): values[row].map(JSON.int) ?? .null
        case .double(let values): JSON(values[row])
        case .text(let values): JSON(values[row])
        case .time(let values): JSON(values[row]?.description)
        }
    }

    /// The values as numbers, where they are numbers (booleans count as 0 and 1).
    package var numbers: [Double?]? {
        switch values {
        case .bool(let values): values.map { $0.map { $0 ? 1 : 0 } }
        case .int(let values): values.map { $0.map(Double.init) }
        case .double(let values): values
        case .text, .time: nil
        }
    }

    /// The values as text: categories, labels.
    package var texts: [String?] {
        switch values {
        case .bool(let values): values.map { $0.map(String.init) }
        case .int(let values): values.map { $0.map { String($0) } }
        case .double(let values): values.map { $0.map { $0 == $0.rounded() && abs($0) < 1e15 ? String(Int64($0)) : $0.description } }
        case .text(let values): values
        case .time(let values): values.map { $0?.description }
        }
    }
}
