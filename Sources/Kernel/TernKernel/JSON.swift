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
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// The same over several lines.
    package var pretty: String {
        var bytes: [UInt8] = []
        append(to: &bytes, indent: 2, depth: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    func append(to bytes: inout [UInt8]) { append(to: &bytes, indent: nil, depth: 0) }

    private func append(to bytes: inout [UInt8], indent: Int?, depth: Int) {
        func newLine(_ depth: Int) {
            guard let indent else { return }
            bytes.append(UInt8(ascii: "\n"))
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * depth))
        }
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): JSONText.append(value, to: &bytes)
        case .double(let value): JSONText.append(value, to: &bytes)
        case .string(let value): JSONText.append(quoted: value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                newLine(depth + 1)
                element.append(to: &bytes, indent: indent, depth: depth + 1)
            }
            if !elements.isEmpty { newLine(depth) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, field) in fields.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                newLine(depth + 1)
                JSONText.append(quoted: field.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                if indent != nil { bytes.append(UInt8(ascii: " ")) }
                field.value.append(to: &bytes, indent: indent, depth: depth + 1)
            }
            if !fields.isEmpty { newLine(depth) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// The shortest decimal that reads back as the same double.
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "\"NaN\"" }
        if value.isInfinite { return value > 0 ? "\"Infinity\"" : "\"-Infinity\"" }
        return value.description
    }

    /// Appends `value` as a quoted JSON string.
    package static func quote(_ value: String, into text: inout String) {
        var bytes: [UInt8] = []
        JSONText.append(quoted: value, to: &bytes)
        text += String(decoding: bytes, as: UTF8.self)
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
