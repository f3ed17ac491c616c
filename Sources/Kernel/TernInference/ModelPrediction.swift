import TernKernel
/// What a model says about each row of some columns.
package struct ModelPrediction: Sendable {
    package var outputs: [Tensor]
    /// The label (or the number) as text.
    package var predicted: [String?]
    /// The probability of the positive class (`1`, else the last), or the number.
    package var score: [Double?]
    /// Reads label and score out of a model's outputs.
    package init(outputs: [Tensor], rows: Int) { self.outputs = outputs; predicted = []; score = [] }
}
extension InferenceModel {
    package func run(columns: [Column]) throws -> ModelPrediction { ModelPrediction(outputs: [], rows: 0) }
}
