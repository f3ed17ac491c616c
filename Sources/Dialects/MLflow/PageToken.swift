import Foundation
import TernKernel
import Tracking

/// MLflow's page tokens: opaque text in base 64. Clients hand them back unread.
///
/// Short lists use MLflow's own `{"offset": 2}`; runs and histories a place in their ordering, which new rows do not shift.
enum PageToken {
    static func cursor(_ token: String?) throws -> SearchCursor? {
        guard let token, !token.isEmpty else { return nil }
        return try SearchCursor(token: token)
    }

    static func make(_ offset: Int?) -> JSON? {
        offset.map { .string(Data("{\"offset\": \($0)}".utf8).base64EncodedString()) }
    }

    /// - Returns: 0 for none.
    static func offset(_ token: String?) throws -> Int {
        guard let token, !token.isEmpty else { return 0 }
        guard let data = Data(base64Encoded: token) else { throw TernError.invalid("Invalid page token, could not base64-decode") }
        guard let value = try? JSON(parsing: data) else {
            throw TernError.invalid("Invalid page token, decoded value=\(String(decoding: data, as: UTF8.self))")
        }
        guard let offset = value["offset"]?.intValue, offset > 0, offset <= Int64(Int32.max) else {
            throw TernError.invalid("Invalid page token, parsed value=\(value)")
        }
        return Int(offset)
    }
}
