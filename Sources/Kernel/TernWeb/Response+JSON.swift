import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel

extension Response {
    package static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: value.description)))
    }

    /// A Codable value, by the product's JSON conventions.
    package static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder.tern.encode(value))))
    }

    package static func text(_ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    package static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response.text(text, status: status, type: "text/html; charset=utf-8")
    }
}
