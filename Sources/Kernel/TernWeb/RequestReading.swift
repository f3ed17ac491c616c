import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import TernKernel

extension Request {
    /// The whole body, at most `limit` bytes.
    ///
    /// - Throws: `too_large`.
    package func bytes(upTo limit: Int = TernContext.bodyLimit) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw TernError(.tooLarge, "the body is larger than \(limit) bytes", hint: "send it in smaller pieces")
        }
    }

    /// The body as JSON; an empty body is an empty object.
    package func json(upTo limit: Int = TernContext.bodyLimit) async throws -> JSON {
        let buffer = try await bytes(upTo: limit)
        return buffer.readableBytes == 0 ? [:] : try JSON(parsing: buffer.readableBytesView)
    }

    /// The body as a value, by the product's JSON conventions.
    package func value<Value: Decodable>(_ type: Value.Type, upTo limit: Int = TernContext.bodyLimit) async throws -> Value {
        let buffer = try await bytes(upTo: limit)
        return try (buffer.readableBytes == 0 ? Data("{}".utf8) : Data(buffer.readableBytesView)).decodeJSON(type)
    }

    /// The first field of this name in the address, where `+` is a space; see `QueryFields`.
    package func query(_ name: String) -> String? { uri.query.flatMap { QueryFields($0)[name] } }

    /// - Throws: `invalid_argument` when it is there but not a whole number in `range`.
    package func query(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw TernError.invalid("'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return value
    }

    /// - Throws: `invalid_argument` when it is there but not a time.
    package func queryTime(_ name: String) throws -> Timestamp? {
        guard let text = query(name) else { return nil }
        guard let value = Timestamp(text) else { throw TernError.invalid("'\(name)' must be a time such as 1997-05-02T00:00:00Z, not '\(text)'") }
        return value
    }
}

extension TernContext {
    /// A path parameter, percent-decoded.
    package func path(_ name: String) throws -> String {
        guard let text = parameters.get(name), let decoded = text.removingPercentEncoding else { throw TernError.invalid("the path lacks '\(name)'") }
        return decoded
    }
}
