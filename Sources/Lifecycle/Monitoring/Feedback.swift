import TernKernel

/// The truth about one predicted row.
package struct FeedbackItem: Codable, Hashable, Sendable {
    /// `price-41.7`; without a row only where the request had a single one.
    package var id: String
    /// A label (text, boolean) or a number.
    package var value: JSON
    /// When it was found out; nil means now.
    package var at: Timestamp?

    package init(id: String, value: JSON, at: Timestamp? = nil) {
        self.id = id
        self.value = value
        self.at = at
    }
}

/// What became of a batch of feedback.
package struct FeedbackReceipt: Codable, Hashable, Sendable {
    /// Rows that had no label before.
    package var accepted: Int
    /// Rows that had one.
    package var repeated: Int
    /// Those of `repeated` whose label is another one now.
    package var changed: Int
    /// Always empty in an answer: a batch with unknown ids is refused whole, and the error lists them.
    package var unknown: [String]

    package init(accepted: Int = 0, repeated: Int = 0, changed: Int = 0, unknown: [String] = []) {
        self.accepted = accepted
        self.repeated = repeated
        self.changed = changed
        self.unknown = unknown
    }
}

/// A label on its way into the store.
struct NewLabel: Hashable, Sendable {
    var prediction: Int64
    var row: Int
    var value: JSON
    var at: Timestamp?
    /// The times of the request's rows, to find the windows that the label belongs to.
    var first: Timestamp
    var last: Timestamp
}

/// A label that came or changed since the last look.
struct LabelChange: Hashable, Sendable {
    var sequence: Int64
    var prediction: Int64
    var row: Int
    var value: String
    var first: Timestamp
    var last: Timestamp
}

/// Labels by prediction and row, as `LabelText` writes them.
typealias Labels = [Int64: [Int: String]]

/// One spelling for each label, so that a prediction and its truth can be compared: `1`, `1.0`, `true` and `"True"` are the same.
enum LabelText {
    static func of(_ text: String) -> String {
        switch text {
        case "true", "True", "TRUE": return "1"
        case "false", "False", "FALSE": return "0"
        default: break
        }
        guard let first = text.utf8.first, (48...57).contains(first) || first == 45 || first == 43 || first == 46, let number = Double(text),
            number.isFinite
        else { return text }
        return of(number)
    }

    static func of(_ number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? number.description
    }

    /// Nil for what is no label: null, a list, an object.
    static func of(_ value: JSON) -> String? {
        switch value {
        case .bool(let value): value ? "1" : "0"
        case .int(let value): String(value)
        case .double(let value): value.isFinite ? of(value) : nil
        case .string(let value): value.isEmpty ? nil : of(value)
        case .null, .array, .object: nil
        }
    }
}
