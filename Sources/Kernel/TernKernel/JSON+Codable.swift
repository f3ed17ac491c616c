import Foundation

extension JSON: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// A Codable value as JSON, by the product's conventions (see `JSONEncoder.tern`).
    package init(encoding value: some Encodable) throws {
        try self.init(parsing: JSONEncoder.tern.encode(value))
    }

    /// This value as `type`.
    /// - Throws: `invalid_argument` naming the field that is missing or of the wrong type.
    package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try Data(bytes).decodeJSON(type)
    }
}

extension JSONEncoder {
    /// The product's conventions: snake_case keys, sorted; non-finite numbers as `"NaN"`, `"Infinity"`, `"-Infinity"`.
    package static var tern: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }
}

extension JSONDecoder {
    /// The inverse of `JSONEncoder.tern`.
    package static var tern: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return decoder
    }
}

extension Data {
    /// Decodes JSON by the product's conventions.
    /// - Throws: `invalid_argument` naming the field that is missing or of the wrong type.
    package func decodeJSON<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try JSONDecoder.tern.decode(type, from: self)
        } catch let error as DecodingError {
            throw TernError.invalid(error.sentence)
        }
    }
}

extension DecodingError {
    /// What is wrong and where, in one sentence.
    package var sentence: String {
        func place(_ context: Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            return path.isEmpty ? "" : " in '\(path)'"
        }
        switch self {
        case .keyNotFound(let key, let context): return "missing field '\(key.stringValue)'\(place(context))"
        case .typeMismatch(let type, let context): return "expected \(type)\(place(context))"
        case .valueNotFound(let type, let context): return "expected \(type) but found null\(place(context))"
        case .dataCorrupted(let context): return "\(context.debugDescription)\(place(context))"
        @unknown default: return String(describing: self)
        }
    }
}
