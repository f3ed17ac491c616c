import Foundation

/// A text that somebody wrote at length, in Markdown: a description, a README.
struct Prose: DashboardView, Equatable {
    var html: String

    static let template = "{{{html}}}"

    /// Nil when there is nothing to read.
    init?(_ text: String) {
        if text.allSatisfy(\.isWhitespace) { return nil }
        html = Markdown.html(text)
    }
}
