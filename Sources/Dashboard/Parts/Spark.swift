import Foundation

/// A line the size of a word, drawn as SVG by the server.
struct Spark: DashboardView, Equatable {
    private static let width = 132.0
    private static let height = 30.0

    /// `M0 12L8 10…`.
    var line: String
    /// The height of the dashed floor, if there is one.
    var floor: String?
    var lastX: String
    var lastY: String
    /// In words, for those who cannot see it.
    var label: String

    static let template = #"""
        <svg class="spark" viewBox="0 0 132 30" preserveAspectRatio="none" role="img" aria-label="{{label}}"><title>{{label}}</title>
        {{#floor}}<line class="floor" x1="0" x2="132" y1="{{.}}" y2="{{.}}"/>{{/floor}}
        <path d="{{line}}"/><path class="last" d="M{{lastX}} {{lastY}}h0"/></svg>
        """#

    /// Nil with fewer than two values.
    init?(_ values: [Double], floor: Double? = nil, label: String) {
        let values = values.filter(\.isFinite)
        guard values.count > 1, let least = values.min(), let greatest = values.max() else { return nil }
        let low = min(least, floor ?? least)
        let high = max(greatest, floor ?? greatest)
        let span = high > low ? high - low : 1
        func y(_ value: Double) -> Double { Spark.height - 4 - (value - low) / span * (Spark.height - 8) }
        let step = (Spark.width - 5) / Double(values.count - 1)
        var line = ""
        for (index, value) in values.enumerated() {
            line += (index == 0 ? "M" : "L") + Spark.text(2 + Double(index) * step) + " " + Spark.text(y(value))
        }
        self.line = line
        self.floor = floor.map { Spark.text(y($0)) }
        lastX = Spark.text(2 + Double(values.count - 1) * step)
        lastY = Spark.text(y(values[values.count - 1]))
        self.label = label
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }
}
