import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernStore
import TernWeb

/// A request of the MLflow client: its parameters, wherever they were written, and who asks.
struct MLflowRequest: Sendable {
    let identity: Identity
    /// As it came; empty for a GET with a query.
    let body: ByteBuffer
    private let query: MLflowParameters?
    private let context: TernContext
    private let request: Request

    /// A GET carries its parameters in the query, everything else as a JSON body.
    ///
    /// A body that is not JSON counts as an empty one: MLflow answers it with the first parameter that is missing, and so do we.
    init(_ request: Request, _ context: TernContext) async throws {
        self.context = context
        self.request = request
        identity = context.identity
        if request.method == .get, let query = request.uri.query, !query.isEmpty {
            self.query = MLflowParameters(query: query)
            body = ByteBuffer()
        } else {
            if request.method == .post || request.method == .put { try MLflowRequest.checkContentType(request) }
            query = nil
            body = try await request.bytes()
        }
    }

    /// Read anew each time: a handler that asks for several keeps them.
    var parameters: MLflowParameters { query ?? MLflowParameters(values: MLflowRequest.object(in: body)) }

    /// A parameter of the path, percent-decoded.
    func path(_ name: String) throws -> String { try context.path(name) }

    /// The whole address of a link, as the one who asks can reach it.
    func address(of link: ObjectLink, _ path: String) -> String { MLflowDialect.address(link, path, request) }

    private static func checkContentType(_ request: Request) throws {
        guard let header = request.headers[.contentType] else { throw TernError.invalid("Bad Request. Content-Type header is missing.") }
        guard header.prefix(while: { $0 != ";" }) == "application/json" else {
            throw TernError.invalid("Bad Request. Content-Type must be one of ['application/json'].")
        }
    }

    /// The object in a body; old clients send it once more encoded, as a JSON string.
    private static func object(in body: ByteBuffer) -> [String: JSON] {
        guard body.readableBytes > 0, let value = try? JSON(parsing: body.readableBytesView) else { return [:] }
        if case .string(let inner) = value { return (try? JSON(parsing: inner))?.objectValue ?? [:] }
        return value.objectValue ?? [:]
    }
}

/// Named values by protobuf's JSON rules: null is absent, whole numbers may be written as strings, unknown names are ignored.
/// What is missing or of the wrong type is refused in MLflow's words.
struct MLflowParameters: Sendable {
    let values: [String: JSON]
    /// Where these stand inside the request, for messages: empty, or `metrics[3].`.
    let place: String

    init(values: [String: JSON], place: String = "") {
        self.values = values
        self.place = place
    }

    /// Repeated names become a list.
    init(query: String) {
        var values: [String: JSON] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = MLflowParameters.decode(parts[0])
            let value = JSON.string(parts.count > 1 ? MLflowParameters.decode(parts[1]) : "")
            switch values[name] {
            case nil: values[name] = value
            case .array(let list)?: values[name] = .array(list + [value])
            case let single?: values[name] = .array([single, value])
            }
        }
        self.init(values: values)
    }

    private static func decode(_ text: Substring) -> String {
        let spaced = String(text.map { $0 == "+" ? " " : $0 })
        return spaced.removingPercentEncoding ?? spaced
    }

    subscript(name: String) -> JSON? {
        guard let value = values[name], !value.isNull else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { self[name] != nil }
}

// MARK: Typed values

extension MLflowParameters {
    func string(_ name: String) throws -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw wrongType(name, value) }
        return text
    }

    /// Like protobuf, an empty string is the same as none.
    func required(_ name: String) throws -> String {
        guard let text = try string(name), !text.isEmpty else { throw missing(name) }
        return text
    }

    /// The run, under its present name or the old `run_uuid`.
    func runID() throws -> String {
        if has("run_id") { return try required("run_id") }
        guard let old = try string("run_uuid"), !old.isEmpty else { throw missing("run_id") }
        return old
    }

    func integer(_ name: String) throws -> Int64? {
        guard let value = self[name] else { return nil }
        if let number = value.intValue { return number }
        if case .string(let text) = value, let number = Int64(text) { return number }
        throw wrongType(name, value)
    }

    /// A number, or one as text by Python's grammar (`NaN`, `-Infinity` among them); true and false are 1 and 0.
    func number(_ name: String) throws -> Double? {
        guard let value = self[name] else { return nil }
        if let number = value.doubleValue { return number }
        if case .bool(let flag) = value { return flag ? 1 : 0 }
        if case .string(let text) = value, let number = PythonFloat.value(of: text) { return number }
        throw wrongType(name, value)
    }

    func flag(_ name: String) throws -> Bool? {
        guard let value = self[name] else { return nil }
        if case .bool(let flag) = value { return flag }
        if case .string(let text) = value {
            switch text.lowercased() {
            case "true": return true
            case "false": return false
            default: throw TernError.invalid("Invalid boolean value: \(text), must be 'true' or 'false'.")
            }
        }
        throw wrongType(name, value)
    }

    /// A list of texts; a name that stands once in a query is a list of one.
    func strings(_ name: String) throws -> [String] {
        guard let value = self[name] else { return [] }
        if case .string(let text) = value { return [text] }
        guard let list = value.arrayValue else { throw wrongType(name, value) }
        return try list.map { element in
            switch element {
            case .string(let text): text
            case .int(let number): String(number)
            default: throw wrongType(name, value)
            }
        }
    }

    /// A list of objects, such as tags.
    func objects(_ name: String) throws -> [MLflowParameters] {
        guard let value = self[name] else { return [] }
        guard let list = value.arrayValue else { throw wrongType(name, value) }
        return try list.enumerated().map { index, element in
            guard let fields = element.objectValue else { throw wrongType(name, value) }
            return MLflowParameters(values: fields, place: "\(place)\(name)[\(index)].")
        }
    }

    func object(_ name: String) throws -> MLflowParameters? {
        guard let value = self[name] else { return nil }
        guard let fields = value.objectValue else { throw wrongType(name, value) }
        return MLflowParameters(values: fields, place: "\(place)\(name).")
    }

    /// `[{"key": …, "value": …}]`; a tag without a value has an empty one.
    func pairs(_ name: String) throws -> [(key: String, value: String)] {
        try objects(name).map { (try $0.required("key"), try $0.string("value") ?? "") }
    }
}

// MARK: Refusals

extension MLflowParameters {
    func missing(_ name: String) -> TernError {
        .invalid(
            "Missing value for required parameter '\(place)\(name)'. See the API docs for more information about request parameters.")
    }

    func wrongType(_ name: String, _ value: JSON) -> TernError {
        .invalid(
            "Invalid value \(value) for parameter '\(place)\(name)' supplied:  Hint: Value was of type '\(value.pythonType)'."
                + " See the API docs for more information about request parameters.")
    }
}

extension JSON {
    /// What Python calls this value's type.
    fileprivate var pythonType: String {
        switch self {
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }

    /// An object as protobuf writes it: fields without a value are left out.
    static func fields(_ fields: [String: JSON?]) -> JSON { .object(fields.compactMapValues { $0 }) }
}
