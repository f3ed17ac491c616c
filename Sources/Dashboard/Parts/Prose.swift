/// A text that somebody wrote at length: a description, a README.
struct Prose: DashboardView, Equatable {
    var paragraphs: [String]

    static let template = #"{{#paragraphs}}<p>{{.}}</p>{{/paragraphs}}"#

    /// Nil when there is nothing to read.
    init?(_ text: String) {
        paragraphs = text.replacing("\r\n", with: "\n").split(separator: "\n\n").map { String($0) }.filter { !$0.allSatisfy(\.isWhitespace) }
        if paragraphs.isEmpty { return nil }
    }
}
