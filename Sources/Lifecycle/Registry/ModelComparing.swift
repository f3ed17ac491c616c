import Foundation
import TernKernel
import TernStore
import TernTables

extension RegistryService {
    /// A version as people name it: `3`, `champion`, `@champion`, `latest`.
    ///
    /// - Throws: `not_found`, `invalid_argument`.
    package func version(named text: String, of model: String) async throws -> ModelVersion {
        if let number = Int(text.hasPrefix("v") ? text.dropFirst() : Substring(text)) { return try await version(model, number) }
        return try await version(model, alias: text.hasPrefix("@") ? String(text.dropFirst()) : text)
    }

    /// Compares two versions, of one model or of two.
    package func compare(_ model: String, _ first: String, with other: String? = nil, _ second: String) async throws -> ModelComparison {
        let from = try await version(named: first, of: model)
        let to = try await version(named: second, of: other ?? model)
        let runs = (try await run(of: from), try await run(of: to))
        let data = (try await datasets(of: from), try await datasets(of: to))
        let (churn, problem) = try await churn(from, to)
        return ModelComparison(
            from: side(from), to: side(to),
            metrics: metrics("holdout", from.metrics, to.metrics) + metrics("run", runs.0?.metrics ?? [:], runs.1?.metrics ?? [:]),
            sameHoldout: from.holdout != nil && from.holdout == to.holdout,
            params: .between(params(from, runs.0), params(to, runs.1)), data: .between(data.0, data.1),
            schema: SchemaDifference.between(from.signature, to.signature), environment: .between(environment(from), environment(to)), churn: churn,
            churnProblem: problem)
    }

    private func run(of version: ModelVersion) async throws -> RegistryPorts.RunFacts? {
        guard let id = version.runID.flatMap({ $0.isEmpty ? nil : $0 }) ?? version.lineage.run else { return nil }
        return try await ports.run(id)
    }

    private func side(_ version: ModelVersion) -> ModelComparison.Side {
        ModelComparison.Side(
            model: version.model, version: version.version, status: version.status, aliases: version.aliases, createdAt: version.createdAt,
            createdBy: version.createdBy, run: version.runID ?? version.lineage.run, codeCommit: version.lineage.codeCommit,
            codeClean: version.lineage.codeClean, digest: version.digest, holdout: version.holdout)
    }

    private func metrics(_ origin: String, _ from: [String: Double], _ to: [String: Double]) -> [ModelComparison.Metric] {
        Set(from.keys).union(to.keys).sorted().map { ModelComparison.Metric($0, origin: origin, from[$0], to[$0]) }
    }

    private func params(_ version: ModelVersion, _ run: RegistryPorts.RunFacts?) -> [String: String] {
        let kept = version.lineage.params.mapValues { $0.stringValue ?? $0.description }
        return kept.merging(run?.params ?? [:]) { kept, _ in kept }
    }

    private func environment(_ version: ModelVersion) -> [String: String] {
        var files = Dictionary(version.lineage.environmentFiles.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
        files["environment"] = version.lineage.environment
        return files
    }

    // MARK: Answers

    /// Rows that are compared at most, and how long both models may take for them together.
    static let churnRows = 10_000
    private static let churnBudget = Duration.seconds(30)

    private struct Sample {
        var digest: Digest
        var format: String?
        var words: String
        var target: String?
    }

    /// What both answer on a stored sample; asked once for each pair of files and each sample.
    ///
    /// - Returns: the churn, or why there is none.
    private func churn(_ from: ModelVersion, _ to: ModelVersion) async throws -> (PredictionChurn?, String?) {
        guard let first = from.digest, let second = to.digest else {
            let silent = from.digest == nil ? from : to
            return (nil, "version \(silent.version) of \(silent.model) is not an ONNX model, so it cannot be asked.")
        }
        var problem: String?
        for sample in try await samples(from, to) {
            do {
                return (try await churn(from, first, to, second, sample), nil)
            } catch let error as TernError where error.code != .cancelled {
                problem = problem ?? error.message + "."
            }
        }
        return (nil, problem ?? "neither version has a stored holdout or an input example.")
    }

    /// The second version's tables first: it is the one in question.
    private func samples(_ from: ModelVersion, _ to: ModelVersion) async throws -> [Sample] {
        var samples: [Sample] = []
        for version in [to, from] {
            guard let holdout = version.holdout else { continue }
            let target = try await model(version.model).declaration?.target
            samples.append(
                Sample(
                    digest: holdout, format: version.holdoutFormat, words: "holdout of version \(version.version) of \(version.model)",
                    target: target))
        }
        for version in [to, from] {
            guard let example = version.sample else { continue }
            samples.append(
                Sample(digest: example, format: "parquet", words: "input example of version \(version.version) of \(version.model)", target: nil))
        }
        return samples
    }

    private func churn(
        _ from: ModelVersion, _ first: Digest, _ to: ModelVersion, _ second: Digest, _ sample: Sample
    ) async throws -> PredictionChurn {
        let target = sample.target ?? ""
        if var kept = try await database.read({ try ChurnStore($0).churn(from: first, to: second, sample: sample.digest, target: target) }) {
            // The same table may be known by another version's name.
            kept.sample = sample.words
            return kept
        }
        let staging = try Staging(in: workFolder)
        defer { staging.remove() }
        let deadline = ContinuousClock.now + RegistryService.churnBudget
        let table = try staging.link(try await blobs.localFile(of: sample.digest), as: "sample", format: sample.format)
        let runners = (
            try await evaluator.load(try await blobs.localFile(of: first), features: from.lineage.features),
            try await evaluator.load(try await blobs.localFile(of: second), features: to.lineage.features)
        )
        let (columns, rows) = try await evaluator.sample(table, rows: RegistryService.churnRows)
        let before = try runners.0.inputs(of: columns, in: "sample", besides: sample.target)
        let after = try runners.1.inputs(of: columns, in: "sample", besides: sample.target)
        let answers = (
            SampleAnswers(try await runners.0.run(before, until: deadline)), SampleAnswers(try await runners.1.run(after, until: deadline))
        )
        let numbers = (try await answersNumbers(from), try await answersNumbers(to))
        let truth = columns.first { $0.name == sample.target }.map(HoldoutAnswers.truth)
        let count = ChurnCount(
            from: answers.0, to: answers.1, numbers: numbers.0 && numbers.1, truth: truth, inputs: after)
        guard let churn = count.churn(sample: sample.words, digest: sample.digest, sampleRows: rows) else {
            throw TernError.invalid("the two versions did not answer the same rows")
        }
        try await database.write {
            try ChurnStore($0).insert(churn, from: first, to: second, sample: sample.digest, target: target, now: $0.now)
        }
        return churn
    }

    /// As the model's task says; for a model without one, as the outputs of the file say.
    private func answersNumbers(_ version: ModelVersion) async throws -> Bool {
        if let task = try await model(version.model).declaration?.task { return task == ModelTask.regression.rawValue }
        let outputs = version.signature?.outputs ?? []
        return !outputs.isEmpty && outputs.allSatisfy { $0.type.hasPrefix("FP") && !($0.shape.count == 2 && $0.shape.last != 1) }
    }
}

extension [ModelComparison.Difference] {
    static func between(_ from: [String: String], _ to: [String: String]) -> [ModelComparison.Difference] {
        ModelComparison.Difference.between(from, to)
    }
}

extension [ModelComparison.Data] {
    static func between(_ from: [LineageAnswer.Dataset], _ to: [LineageAnswer.Dataset]) -> [ModelComparison.Data] {
        ModelComparison.Data.between(from, to)
    }
}

extension SampleAnswers {
    init(_ answers: (predicted: [String?], score: [Double?])) { self.init(predicted: answers.predicted, score: answers.score) }
}
