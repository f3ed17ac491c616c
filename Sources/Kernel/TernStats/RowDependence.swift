/// How much neighbouring rows of a column repeat one another: `deff(m) = m · Var(share in a window of m rows) / (p (1 - p))` for the shares of a few
/// events (below the 20 %, 40 %, … quantile; being one of the frequent categories), 1 when rows are independent. A window of m rows tells as much as
/// m / deff(m) independent ones (Kish's design effect; the variance is that of overlapping batch means, Meketon and Schmeiser 1984). Slowly
/// moving series have a deff of tens, and a window of whole weeks of a weekly rhythm less than one of a few days: tests that ignore it cry wolf.
struct RowDependence: Hashable, Sendable, Codable {
    private static let mostBlocks = 512
    private static let mostEvents = 4

    /// Rows a block; the last incomplete block is left out.
    private var length = 1
    private var rows = 0
    /// For each event the share of each block, in row order.
    private var shares: [[Double]] = []

    init() {}

    /// - Parameter happened: whether the event of that number happens in that row.
    init(rows: Int, events: Int, _ happened: (_ row: Int, _ event: Int) -> Bool) {
        let events = min(events, RowDependence.mostEvents)
        guard rows >= 64, events > 0 else { return }
        self.rows = rows
        length = (rows + RowDependence.mostBlocks - 1) / RowDependence.mostBlocks
        let blocks = rows / length
        shares = (0..<events).map { event in
            (0..<blocks).map { block in
                let hits = (block * length..<(block + 1) * length).count { happened($0, event) }
                // Four digits are enough, and short in JSON.
                return (Double(hits) / Double(length) * 10_000).rounded() / 10_000
            }
        }
    }

    /// How many independent rows `window` rows in a row are worth. Windows longer than an eighth of the known rows are taken to be as dependent
    /// as one of that length.
    func effective(_ window: Double) -> Double {
        guard let blocks = shares.first?.count, window > 0 else { return window }
        let group = Int(max(1, min(window / Double(length), Double(blocks / 8)).rounded()))
        var between = 0.0
        var within = 0.0
        for share in shares {
            let mean = share.reduce(0, +) / Double(blocks)
            within += mean * (1 - mean)
            var sum = share[..<group].reduce(0, +)
            var squares = (sum / Double(group) - mean) * (sum / Double(group) - mean)
            for end in group..<blocks {
                sum += share[end] - share[end - group]
                let gap = sum / Double(group) - mean
                squares += gap * gap
            }
            between += squares / Double(blocks - group + 1)
        }
        guard within > 0 else { return window }
        // Windows of a sample vary around their own mean by one part in blocks/group less than around the true one.
        let correction = 1 / (1 - Double(group) / Double(blocks))
        let effect = Double(group * length) * between / within * correction
        // What chance makes of independent rows is not dependence: two standard deviations of chi-square / df.
        let noise = 1 + 2 * (2 * Double(group) / Double(blocks)).squareRoot()
        return effect <= noise ? window : max(1, window / effect)
    }

    /// Keeps what the side with more rows knows.
    mutating func merge(_ other: RowDependence) {
        if other.rows > rows { self = other }
    }
}
