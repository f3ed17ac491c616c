import Dispatch
import TernInference
import TernKernel

/// A loaded model and how table columns become its inputs.
struct ModelRunner: Sendable {
    /// Rows that are run at once where the model leaves the number open.
    static let batch = 8192

    let model: InferenceModel
    /// For a model with one tensor of several columns: which columns, in order.
    let features: [String]

    /// The one tensor of all features, whose columns have no names of their own, for a model that takes one.
    private var matrix: TensorInfo? {
        guard let only = model.inputs.first, model.inputs.count == 1, only.shape.count == 2, only.shape.last != 1 else { return nil }
        return only
    }

    /// The columns that the model takes out of a table, in its order: the names of its inputs; for one tensor of all features, those that its
    /// metadata or its lineage name, else all but the target.
    ///
    /// - Throws: `invalid_argument` naming the column that the table lacks.
    func inputs(of names: [String], in table: String, besides target: String?) throws -> [String] {
        var wanted = model.inputs.map(\.name)
        // A width left open may be one column of that name.
        if let matrix, !(matrix.shape.last == -1 && names.contains(matrix.name)) {
            if let named = model.metadata["tern.features"] {
                wanted = try JSON(parsing: named).decode([String].self)
            } else {
                wanted = features.isEmpty || features == wanted ? names.filter { $0 != target } : features
            }
            if let width = matrix.shape.last, width > 0, width != wanted.count {
                throw TernError.invalid(
                    "the model's input '\(matrix.name)' takes \(width) columns, and the \(table) offers \(wanted.count): "
                        + wanted.joined(separator: ", "),
                    hint: "name them: lineage features, or the model's metadata \"tern.features\": [\"…\"]")
            }
        }
        if let missing = wanted.first(where: { !names.contains($0) }) {
            throw TernError.invalid(
                "the \(table) has no column '\(missing)', which the model takes as an input",
                hint: "the \(table) has: \(names.joined(separator: ", "))", details: ["column": .string(missing)])
        }
        return wanted
    }

    /// The table's columns that the model takes, in its order.
    func inputs(of columns: [Column], in table: String, besides target: String?) throws -> [Column] {
        try inputs(of: columns.map(\.name), in: table, besides: target).compactMap { name in columns.first { $0.name == name } }
    }

    /// The columns as the model sees them: in its own precision, which is also that of the requests that monitors compare with them.
    func asSeen(_ columns: [Column]) -> [Column] {
        columns.map { column in
            let input = matrix ?? model.inputs.first { $0.name == column.name }
            guard input?.type == .float32, let numbers = column.numbers else { return column }
            return Column(column.name, .double(numbers.map { $0.map { Double(Float($0)) } }))
        }
    }

    /// Answers every row, in pieces, off the threads that requests run on.
    ///
    /// - Throws: `timeout` when the deadline passes between two pieces.
    func run(_ columns: [Column], until deadline: ContinuousClock.Instant? = nil) async throws -> (predicted: [String?], score: [Double?]) {
        let rows = columns.first?.count ?? 0
        return try await Blocking.run {
            var predicted: [String?] = []
            var score: [Double?] = []
            var start = 0
            while start < rows {
                if let deadline, ContinuousClock.now > deadline {
                    throw TernError(.timeout, "the model had answered \(start) of \(rows) rows when its time was up")
                }
                let end = min(rows, start + piece)
                let answer = try model.run(columns: columns.map { $0.rows(start..<end) })
                guard answer.predicted.count == end - start, answer.score.count == end - start else {
                    throw TernError.invalid("the model gave \(answer.predicted.count) answers for \(end - start) rows")
                }
                predicted += answer.predicted
                score += answer.score
                start = end
            }
            return (predicted, score)
        }
    }

    /// How long single rows take, after a warm-up, in seconds. Stops early, and says so by `runs`, when that would take minutes.
    func latency(_ columns: [Column], runs: Int = 1000, budget: Duration = .seconds(30)) async throws -> LatencyMeasurement? {
        guard let rows = columns.first?.count, rows > 0 else { return nil }
        let singles = (0..<min(rows, 64)).map { row in columns.map { $0.rows(row..<row + 1) } }
        return try await Blocking.run {
            let clock = ContinuousClock()
            let deadline = clock.now + budget
            for index in 0..<50 where clock.now < deadline { _ = try model.run(columns: singles[index % singles.count]) }
            var seconds: [Double] = []
            while seconds.count < runs, seconds.count < 10 || clock.now < deadline {
                let row = singles[seconds.count % singles.count]
                let took = try clock.measure { _ = try model.run(columns: row) }
                seconds.append(Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
            }
            return LatencyMeasurement(seconds)
        }
    }

    private var piece: Int {
        guard let first = model.inputs.first?.shape.first, first > 0 else { return ModelRunner.batch }
        return first
    }
}

/// What single rows took, in seconds.
struct LatencyMeasurement: Codable, Hashable, Sendable {
    var p50: Double
    var p99: Double
    var runs: Int

    init?(_ seconds: [Double]) {
        guard !seconds.isEmpty else { return nil }
        let sorted = seconds.sorted()
        func nearest(_ q: Double) -> Double { sorted[min(sorted.count - 1, max(0, Int((q * Double(sorted.count)).rounded(.up)) - 1))] }
        p50 = nearest(0.5)
        p99 = nearest(0.99)
        runs = sorted.count
    }

    init(p50: Double, p99: Double, runs: Int) {
        self.p50 = p50
        self.p99 = p99
        self.runs = runs
    }
}

/// Long computations, kept off the few threads that async code shares.
enum Blocking {
    static func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(with: Result { try body() }) }
        }
    }
}

extension Column {
    /// Some of the rows; the range must lie within the column.
    func rows(_ range: Range<Int>) -> Column {
        switch values {
        case .bool(let values): Column(name, .bool(Array(values[range])))
        case .int(let values): Column(name, .int(Array(values[range])))
        case .double(let values): Column(name, .double(Array(values[range])))
        case .text(let values): Column(name, .text(Array(values[range])))
        case .time(let values): Column(name, .time(Array(values[range])))
        }
    }
}
