import Foundation
import TernInference
import TernKernel
import TernStats
import TernStore
import TernTables

/// Runs models over tables: for metrics, for gates, and for the profile that monitors compare with.
struct ModelEvaluator: Sendable {
    let database: Database
    let blobs: BlobStore
    let tables: TableEngine
    let engine: InferenceEngine

    /// - Throws: `invalid_argument` when the file is not a whole ONNX model.
    func load(_ path: String, features: [String] = []) async throws -> ModelRunner {
        guard FileManager.default.fileExists(atPath: path) else { throw TernError.notFound("there is no model file at \(path)") }
        // Without its library nothing is known of any file.
        _ = try engine.version()
        do {
            let model = try await Blocking.run { [engine] in try engine.load(modelAt: path) }
            return ModelRunner(model: model, features: features)
        } catch {
            throw TernError(
                .invalidArgument, "this is not an ONNX model that can be loaded: \(TernError.wrap(error).message)",
                hint: "export it again (skl2onnx, torch.onnx.export, …) as one whole .onnx file with its weights inside", cause: error)
        }
    }

    /// A table's columns, with its target checked.
    ///
    /// - Throws: `invalid_argument` naming the column that is missing.
    func readTable(_ path: String, for runner: ModelRunner, called name: String, target: String?) async throws -> [Column] {
        let columns = try await tables.readColumns(of: path)
        let names = columns.map(\.name)
        _ = try runner.inputs(of: names, in: name, besides: target)
        if let target, !names.contains(target) {
            throw TernError.invalid(
                "the \(name) has no column '\(target)', which holds the truth (the model's target)",
                hint: "the \(name) has: \(names.joined(separator: ", "))", details: ["column": .string(target)])
        }
        guard let rows = columns.first?.count, rows > 0 else { throw TernError.invalid("the \(name) has no rows") }
        return columns
    }

    /// The first rows of a table, and how many it has.
    ///
    /// - Throws: `invalid_argument` when it has none.
    func sample(_ path: String, rows limit: Int) async throws -> (columns: [Column], rows: Int) {
        let columns = try await tables.readColumns(of: path)
        guard let rows = columns.first?.count, rows > 0 else { throw TernError.invalid("the sample has no rows") }
        return (rows > limit ? columns.map { $0.rows(0..<limit) } : columns, rows)
    }

    /// What the model answers on a table with known truth.
    func answers(of runner: ModelRunner, on columns: [Column], target: String, task: ModelTask) async throws -> HoldoutAnswers {
        guard let truth = columns.first(where: { $0.name == target }) else { throw TernError.invalid("there is no column '\(target)'") }
        let (predicted, score) = try await runner.run(try runner.inputs(of: columns, in: "holdout", besides: target))
        return HoldoutAnswers(task: task, truth: truth, predicted: predicted, score: score)
    }

    /// The same, asked once per model file, holdout file and question; later calls read the answers that were kept.
    func answers(
        _ key: EvaluationKey, on columns: [Column], load: () async throws -> ModelRunner
    ) async throws -> HoldoutAnswers {
        let kept = try await database.read { try EvaluationStore($0).answers(key) }
        // An answer whose blob is gone is computed again.
        if let kept, let data = try? await blobs.read(kept), let answers = try? data.decodeJSON(HoldoutAnswers.self) { return answers }
        let runner = try await load()
        let answers = try await answers(of: runner, on: columns, target: key.target, task: key.task)
        let digest = try await blobs.put(try JSONEncoder.tern.encode(answers))
        let metrics = answers.metrics()
        try await database.write { try EvaluationStore($0).insert(key, metrics: metrics, answers: digest, now: $0.now) }
        return answers
    }

    /// The model's inputs and its own answers over a reference table.
    func profile(of runner: ModelRunner, on columns: [Column], target: String) async throws -> Profile {
        let inputs = try runner.inputs(of: columns, in: "reference table", besides: target)
        let (predicted, score) = try await runner.run(inputs)
        return try await Blocking.run {
            var profile = Profile(rows: predicted.count)
            for column in runner.asSeen(inputs) {
                profile.columns[column.name] = column.numbers.map { ColumnProfile($0) } ?? ColumnProfile(column.texts)
            }
            profile.columns["predicted"] = ColumnProfile(predicted)
            if score.contains(where: { $0 != nil }) { profile.columns["score"] = ColumnProfile(score) }
            return profile
        }
    }
}

extension ModelSignature {
    init(_ model: InferenceModel) {
        self.init(
            inputs: model.inputs.map { SignatureField(name: $0.name, type: $0.type.datatype, shape: $0.shape) },
            outputs: model.outputs.map { SignatureField(name: $0.name, type: $0.type.datatype, shape: $0.shape) })
    }
}
