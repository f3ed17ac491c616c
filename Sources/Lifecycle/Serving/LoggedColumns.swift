import TernInference
import TernKernel

/// Tensors as the columns that the inference log keeps.
enum LoggedColumns {
    /// Wider ones are images and embeddings, of which a column each would say nothing.
    private static let widest = 1024

    /// A model with one matrix for all features may name them in its metadata, `tern.features`; its columns then carry those names.
    static func inputs(_ tensors: [Tensor], of model: InferenceModel) -> [Column] {
        let columns = tensors.flatMap(columns)
        guard tensors.count == 1, columns.count > 1, let names = model.features, names.count == columns.count else { return columns }
        return zip(names, columns).map { Column($0, $1.values) }
    }

    /// The outputs, and what they mean: `predicted` and `score`.
    static func outputs(_ tensors: [Tensor], rows: Int) -> [Column] {
        let meaning = ModelPrediction(outputs: tensors, rows: rows)
        var columns = tensors.flatMap(columns).map { column in
            ["predicted", "score"].contains(column.name) ? Column(column.name + "_", column.values) : column
        }
        if meaning.predicted.contains(where: { $0 != nil }) { columns.append(Column("predicted", .text(meaning.predicted))) }
        if meaning.score.contains(where: { $0 != nil }) {
            columns.append(Column("score", .double(meaning.score.map { $0?.isNaN == true ? nil : $0 })))
        }
        return columns
    }

    private static func columns(_ tensor: Tensor) -> [Column] {
        guard tensor.count <= widest * max(tensor.rows, 1) else { return [] }
        return ((try? tensor.columns()) ?? []).map { column in
            guard case .double(let values) = column.values, values.contains(where: { $0?.isNaN == true }) else { return column }
            return Column(column.name, .double(values.map { $0?.isNaN == true ? nil : $0 }))
        }
    }
}

extension InferenceModel {
    var features: [String]? {
        metadata["tern.features"].flatMap { try? JSON(parsing: $0).arrayValue }.map { $0.map { $0.stringValue ?? $0.description } }
    }
}
