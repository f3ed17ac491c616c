import TernKernel

/// What a model says about each row.
package struct ModelPrediction: Sendable {
    package var outputs: [Tensor]
    /// The label as text; a regression's number as text.
    package var predicted: [String?]
    /// The probability of the positive class (the label `1`, else the last class); a regression's number.
    package var score: [Double?]

    /// Reads label and score out of a model's outputs. What the outputs do not tell is nil.
    package init(outputs: [Tensor], rows: Int) {
        self.outputs = outputs
        let label = outputs.first { $0.isLabel(rows: rows) }
        let probabilities = outputs.first { $0.isProbabilities(rows: rows) }
        let number = outputs.first { $0.type.isFloat && $0.count == rows && $0.rows == rows }
        let nothing = [Double?](repeating: nil, count: rows)
        if let probabilities {
            score = probabilities.column(probabilities.positiveClass)
        } else {
            score = number?.numbers.map { $0.map(Optional.some) } ?? nothing
        }
        if let label {
            predicted = label.labels
        } else if let probabilities {
            predicted = probabilities.likeliest
        } else if let number {
            predicted = Column(number.name, .double(number.numbers ?? [])).texts
        } else {
            predicted = [String?](repeating: nil, count: rows)
        }
    }
}

extension Tensor {
    fileprivate func isLabel(rows: Int) -> Bool { !type.isFloat && count == rows && self.rows == rows }

    fileprivate func isProbabilities(rows: Int) -> Bool {
        type.isFloat && shape.count == 2 && self.rows == rows && (width >= 2 || classes != nil)
    }

    private var width: Int { shape.count == 2 ? shape[1] : 1 }

    /// Two unlabelled columns are the classes 0 and 1, so the last is `1` too.
    fileprivate var positiveClass: Int { classes?.firstIndex(of: "1") ?? max(width - 1, 0) }

    fileprivate func column(_ index: Int) -> [Double?] {
        let numbers = numbers ?? []
        let width = width
        return (0..<rows).map { row in
            let place = row * width + index
            return numbers.indices.contains(place) ? numbers[place] : nil
        }
    }

    fileprivate var labels: [String?] { (try? columns().first?.texts) ?? [] }

    fileprivate var likeliest: [String?] {
        let numbers = numbers ?? []
        let width = width
        return (0..<rows).map { row in
            let slice = numbers[min(row * width, numbers.count)..<min((row + 1) * width, numbers.count)]
            guard let best = slice.indices.max(by: { slice[$0] < slice[$1] }) else { return nil }
            let index = best - row * width
            return classes.map { $0.indices.contains(index) ? $0[index] : String(index) } ?? String(index)
        }
    }
}

extension InferenceModel {
    /// Runs the model over columns, found by the names of its inputs and cast to their types; columns that it does not ask for are left out.
    ///
    /// A model with one input for all features takes the columns that its metadata names under `tern.features` (a JSON list),
    /// else all of them in order.
    /// - Throws: `invalid_argument` naming the column that is missing or cannot be cast.
    package func run(columns: [Column]) throws -> ModelPrediction {
        let byName = Dictionary(columns.map { ($0.name, $0) }) { first, _ in first }
        let tensors =
            try matrix(columns, byName).map { [$0] }
            ?? inputs.map { input in
                guard let column = byName[input.name] else {
                    throw TernError.invalid(
                        "the model needs the column '\(input.name)', which is not there",
                        hint: "it needs \(inputs.map(\.name).joined(separator: ", "))")
                }
                return try Tensor(column: column, type: input.type, vector: input.shape.count == 1)
            }
        return ModelPrediction(outputs: try run(tensors), rows: columns.first?.count ?? 0)
    }

    private func matrix(_ columns: [Column], _ byName: [String: Column]) throws -> Tensor? {
        guard inputs.count == 1, let input = inputs.first, input.shape.count == 2, byName[input.name] == nil || input.shape[1] > 1 else { return nil }
        let features = try metadata["tern.features"].map { try JSON(parsing: $0).decode([String].self) } ?? columns.map(\.name)
        guard input.shape[1] < 0 || input.shape[1] == features.count else {
            throw TernError.invalid(
                "the model's input '\(input.name)' takes \(input.shape[1]) columns, and there are \(features.count)",
                hint: "give exactly those, or name them in the model's metadata: \"tern.features\": [\"…\"]")
        }
        let chosen = try features.map { name in
            guard let column = byName[name] else { throw TernError.invalid("the model needs the column '\(name)', which is not there") }
            return column
        }
        return try Tensor(input.name, matrix: chosen, type: input.type)
    }
}
