/// Lines over steps or over time, as `tern.js` draws them.
struct LineChart: Codable, Equatable, Sendable {
    struct Line: Codable, Equatable, Sendable {
        var name: String
        /// `kept`, `shadow` or `metric`.
        var role: String
        /// Pairs of x and y; a y that is null is a gap.
        var points: [[Double?]]
    }

    /// Something that happened at x.
    struct Mark: Codable, Equatable, Sendable {
        var at: Double
        var text: String
        var tone: String
    }

    var kind = "lines"
    /// Whether x is a time in milliseconds.
    var time: Bool
    var lines: [Line]
    var marks: [Mark] = []
    var floor: Double?
    var metric: String
}

/// A square for each feature and window: how far it is from its reference, as a multiple of the threshold.
struct HeatChart: Codable, Equatable, Sendable {
    struct Cell: Codable, Equatable, Sendable {
        var window: Int
        var column: Int
        /// Nil when there is nothing to compare.
        var ratio: Double?
        var drifted: Bool
        /// Lines of the tooltip.
        var words: [String]
    }

    var kind = "heat"
    var windows: [String]
    var columns: [String]
    var cells: [Cell]
}

/// Bars, one group a label.
struct BarChart: Codable, Equatable, Sendable {
    struct Bars: Codable, Equatable, Sendable {
        var name: String
        var values: [Double]
    }

    var kind = "bars"
    var labels: [String]
    var series: [Bars]
    var note: String?
}
