import Foundation
import Hummingbird

extension Request {
    /// A field of a page's address, as browsers' forms and `URLSearchParams` write it: `+` is a space. The first of several.
    func field(_ name: String) -> String? {
        guard let query = uri.query else { return nil }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.first?.replacing("+", with: " ").removingPercentEncoding == name else { continue }
            return parts.count == 2 ? String(parts[1]).replacing("+", with: " ").removingPercentEncoding : ""
        }
        return nil
    }
}
