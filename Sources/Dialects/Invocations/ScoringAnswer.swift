import Serving
import TernInference
import TernKernel
import TernLog

/// `{"predictions": …}`: a list for one output, a list of records for several.
enum ScoringAnswer {
    static func json(_ answer: PredictionAnswer) -> JSON {
        var fields: [String: JSON] = ["predictions": predictions(answer.outputs)]
        if let prediction = answer.prediction { fields["prediction_id"] = .string(prediction.description) }
        return .object(fields)
    }

    private static func predictions(_ outputs: [Tensor]) -> JSON {
        if let only = outputs.first, outputs.count == 1 { return .array(rows(of: only)) }
        let columns = outputs.map { ($0.name, rows(of: $0)) }
        return .array(
            (0..<(outputs.first?.rows ?? 0)).map { row in
                .object(Dictionary(columns.map { ($0.0, row < $0.1.count ? $0.1[row] : .null) }) { first, _ in first })
            })
    }

    /// One value a row: a number, a text, or a list of them.
    private static func rows(of tensor: Tensor) -> [JSON] {
        let elements = elements(of: tensor)
        let rows = tensor.rows
        guard rows > 0, elements.count != rows || tensor.shape.count > 2 else { return elements }
        let width = elements.count / rows
        return (0..<rows).map { .array(Array(elements[$0 * width..<($0 + 1) * width])) }
    }

    private static func elements(of tensor: Tensor) -> [JSON] {
        if let strings = tensor.strings { return strings.map(JSON.string) }
        if let values = tensor.values(as: Int64.self) { return values.map(JSON.int) }
        if let values = tensor.values(as: Bool.self) { return values.map(JSON.bool) }
        let numbers = tensor.numbers ?? []
        if tensor.type.isFloat { return numbers.map { $0.isFinite ? .double($0) : .null } }
        return numbers.map { .int(Int64($0)) }
    }
}
