import CSimdjson

/// A JSON value whose shape is not known at compile time. Parsed by simdjson; written with sorted keys, so that equal values are equal bytes.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads one document.
    /// - Throws: `invalid_argument` with the parser's words.
    package init(parsing bytes: some Sequence<UInt8>) throws {
        let contiguous = Array(bytes)
        self = try contiguous.withUnsafeBufferPointer { buffer in
            let document = tern_json_parse(buffer.baseAddress, buffer.count)
            defer { tern_json_free(document) }
            if let error = document.error { throw TernError.invalid("not JSON: \(String(cString: error))") }
            let events = UnsafeBufferPointer(start: document.events, count: document.count)
            var position = 0
            return JSON(reading: events, at: &position)
        }
    }

    package init(parsing text: String) throws { try self.init(parsing: text.utf8) }

    private init(reading events: UnsafeBufferPointer<tern_json_event>, at position: inout Int) {
        guard position < events.count else {
            self = .null
            return
        }
        let event = events[position]
        position += 1
        switch event.kind {
        case TERN_JSON_FALSE: self = .bool(false)
        case TERN_JSON_TRUE: self = .bool(true)
        case TERN_JSON_INTEGER: self = .int(event.value.integer)
        case TERN_JSON_DOUBLE: self = .double(event.value.number)
        case TERN_JSON_STRING: self = .string(event.string)
        case TERN_JSON_ARRAY:
            var elements: [JSON] = []
            while position < events.count, events[position].kind != TERN_JSON_END {
                elements.append(JSON(reading: events, at: &position))
            }
            position += 1
            self = .array(elements)
        case TERN_JSON_OBJECT:
            var fields: [String: JSON] = [:]
            while position < events.count, events[position].kind == TERN_JSON_KEY {
                let key = events[position].string
                position += 1
                fields[key] = JSON(reading: events, at: &position)
            }
            position += 1
            self = .object(fields)
        default: self = .null
        }
    }
}

extension tern_json_event {
    fileprivate var string: String {
        guard let text = value.text else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }
}

// MARK: Looking inside

extension JSON {
    package subscript(key: String) -> JSON? {
        guard case .object(let fields) = self else { return nil }
        return fields[key]
    }

    package subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: [String: JSON]? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// A whole number, also when it was written as `3.0`.
    package var intValue: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    package var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}

// MARK: Writing

extension JSON: CustomStringConvertible {
    /// Compact text with sorted keys. Numbers that JSON lacks are written as the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
    package var description: String {
        var text = ""
        write(to: &text, indent: nil, depth: 0)
        return text
    }

    /// The same over several lines.
    package var pretty: String {
        var text = ""
        write(to: &text, indent: "  ", depth: 0)
        return text
    }

    package var bytes: [UInt8] { Array(description.utf8) }

    private func write(to text: inout String, indent: String?, depth: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += JSON.number(value)
        case .string(let value): JSON.quote(value, into: &text)
        case .array(let elements):
            JSON.list(elements, "[", "]", to: &text, indent: indent, depth: depth) { element, text in
                element.write(to: &text, indent: indent, depth: depth + 1)
            }
        case .object(let fields):
            let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            JSON.list(sorted, "{", "}", to: &text, indent: indent, depth: depth) { field, text in
                JSON.quote(field.key, into: &text)
                text += indent == nil ? ":" : ": "
                field.value.write(to: &text, indent: indent, depth: depth + 1)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String, indent: String?, depth: Int,
        _ write: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let indent { text += "\n" + String(repeating: indent, count: depth + 1) }
            write(element, &text)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: indent, count: depth) }
        text += close
    }

    /// The shortest decimal that reads back as the same double.
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "\"NaN\"" }
        if value.isInfinite { return value > 0 ? "\"Infinity\"" : "\"-Infinity\"" }
        return value.description
    }

    /// Appends `value` as a quoted JSON string.
    package static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let control where control.value < 0x20:
                let hex = String(control.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

// MARK: Literals

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    package init(nilLiteral: ()) { self = .null }
}

extension JSON {
    package init(_ value: String?) { self = value.map(JSON.string) ?? .null }
    package init(_ value: Double?) { self = value.map(JSON.double) ?? .null }
    package init(_ value: Int?) { self = value.map { .int(Int64($0)) } ?? .null }
    package init(_ value: Bool?) { self = value.map(JSON.bool) ?? .null }
    package init(_ values: [String]) { self = .array(values.map(JSON.string)) }
}
