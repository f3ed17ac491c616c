import TernKernel

/// A time to show, with all of it in the tooltip.
struct Moment: DashboardView, Equatable {
    /// `1997-03-04 00:30`.
    var text: String
    /// `1997-03-04T00:30:00Z`.
    var full: String

    static let template = #"<time datetime="{{full}}" title="{{full}}">{{text}}</time>"#

    init(_ time: Timestamp) {
        full = time.description
        let parts = full.split(separator: "T")
        text = parts.count == 2 ? "\(parts[0]) \(parts[1].prefix(5))" : full
    }

    init(milliseconds: Int64) { self.init(Timestamp(milliseconds: milliseconds)) }
    init?(_ time: Timestamp?) {
        guard let time else { return nil }
        self.init(time)
    }

    /// `1997-03-04`.
    static func day(_ time: Timestamp) -> String { String(time.description.prefix(10)) }
}
