import Foundation

/// The fields of an address's query, in order, as forms, `URLSearchParams` and the clients in Python write them: `+` is a space, `%2B` a
/// plus sign (`application/x-www-form-urlencoded`, <https://url.spec.whatwg.org/#urlencoded-parsing>). A field without `=` is empty;
/// what is no percent-encoding of UTF-8 stands as it came.
package struct QueryFields: Sendable {
    package let fields: [(name: String, value: String)]

    /// Of the part behind the `?`.
    package init(_ query: String) {
        fields = query.split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (QueryFields.decode(parts.first ?? ""), QueryFields.decode(parts.dropFirst().first ?? ""))
        }
    }

    /// The first of this name.
    package subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    private static func decode(_ text: Substring) -> String {
        let spaced = text.replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? String(spaced)
    }
}
