import Foundation
import TernKernel
import TernStore

extension RegistryService {
    /// Runs a version's gates again, as its model declares them now.
    ///
    /// - Parameter holdoutFile: for a version that was registered without one (by a plain MLflow client).
    /// - Throws: `conflict` for a rejected version, or when it already has a holdout; `invalid_argument` when a column is missing.
    @discardableResult
    package func runGates(
        _ model: String, _ version: Int, holdoutFile: String? = nil, by identity: Identity, eventTime: Timestamp? = nil
    ) async throws -> ModelVersion {
        try identity.require(.editor, to: "run the gates of \(ModelVersion.subject(model, version))")
        let declaration = try await self.model(model).declaration
        var found = try await self.version(model, version)
        if let holdoutFile {
            guard found.holdout == nil else {
                throw TernError(
                    .conflict, "version \(version) of \(model) is judged on the holdout it was registered with",
                    hint: "register it again to judge it on another table")
            }
            guard let declaration, let digest = found.digest else {
                throw TernError(.conflict, "version \(version) of \(model) has no gates that a holdout could serve")
            }
            let staging = try Staging(in: workFolder)
            defer { staging.remove() }
            let file = try staging.add(holdoutFile, as: "holdout")
            let runner = try await evaluator.load(blobs.localFile(of: digest), features: found.lineage.features)
            _ = try await evaluator.readTable(file.path, for: runner, called: "holdout", target: declaration.target)
            _ = try await blobs.put(fileAt: file.path)
            found.holdout = file.digest
            found.holdoutFormat = file.format
        }
        var review = found.review
        try review.beginGating()
        found.status = review.status
        let begun = found
        try await database.write { try ModelVersionStore($0).update(begun, now: $0.now) }
        return try await gate(begun, declaration: declaration, by: identity, eventTime: eventTime)
    }

    /// Takes up the gates that a crash interrupted, and clears what it left on disk. The server calls it once, at its start.
    package func resume() async throws {
        Staging.sweep(workFolder)
        for version in try await database.read({ try ModelVersionStore($0).all(status: .gating) }) {
            let declaration = try await model(version.model).declaration
            _ = try await gate(version, declaration: declaration, by: .system("registry"), eventTime: nil)
        }
    }

    /// Measures, judges, and writes the verdict with its evidence.
    func gate(
        _ version: ModelVersion, declaration: ModelDeclaration?, by identity: Identity, eventTime: Timestamp?
    ) async throws -> ModelVersion {
        let measurements: GateMeasurements
        if let declaration, version.digest != nil {
            measurements = try await measure(version, declaration)
        } else {
            measurements = GateMeasurements(problem: version.statusReason ?? "it is not an ONNX model.")
        }
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            // People may have spoken meanwhile; what was measured is laid over what is stored now.
            var current = try versions.get(version.model, version.version)
            guard current.status == .gating else { return current }
            let judgement = GateJudgement(measurements: measurements, at: transaction.now)
            current.gates = (declaration?.gates ?? []).map(judgement.judge)
            current.metrics = measurements.candidate?.metrics ?? [:]
            if let declaration { current.approvalsNeeded = declaration.approvals(for: current.origin) }
            if current.gates.isEmpty, current.digest == nil {
                let sentence = "No gate applies: not an ONNX model."
                current.gates = [
                    GateResult(gate: "none", verdict: .skipped, evidence: ["sentence": .string(sentence)], at: transaction.now)
                ]
            }
            var review = current.review
            review.conclude(current.gates, declared: declaration != nil && current.digest != nil)
            current.status = review.status
            let failed = current.gates.filter { $0.verdict == .fail }
            if current.digest != nil || !failed.isEmpty {
                current.statusReason = failed.isEmpty ? nil : failed.map(\.sentence).joined(separator: " ")
            }
            try versions.update(current, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.gated", subject: current.subject, by: identity.name, eventTime: eventTime,
                    data: [
                        "status": .string(current.status.rawValue), "verdict": failed.isEmpty ? "pass" : "fail",
                        "gates": try JSON(encoding: current.gates), "metrics": try JSON(encoding: current.metrics),
                        "holdout": JSON(current.holdout?.hex),
                    ]))
            return try versions.get(current.model, current.version)
        }
    }

    /// Measures what the declared gates need; a measurement that fails becomes evidence, not an error.
    private func measure(_ version: ModelVersion, _ declaration: ModelDeclaration) async throws -> GateMeasurements {
        var measurements = GateMeasurements()
        guard let digest = version.digest else { return measurements }
        guard let holdout = version.holdout else {
            measurements.problem =
                "it was registered without a holdout table (give one: "
                + "POST /api/tern/v1/models/\(version.model)/versions/\(version.version)/gates {\"holdout\": FILE})."
            return measurements
        }
        let staging = try Staging(in: workFolder)
        defer { staging.remove() }
        do {
            let table = try await staging.link(blobs.localFile(of: holdout), as: "holdout", format: version.holdoutFormat)
            let runner = try await evaluator.load(blobs.localFile(of: digest), features: version.lineage.features)
            let columns = try await evaluator.readTable(table, for: runner, called: "holdout", target: declaration.target)
            let task = try ModelTask(named: declaration.task)
            let key = EvaluationKey(model: digest, holdout: holdout, target: declaration.target, task: task)
            let answers = try await evaluator.answers(key, on: columns) { runner }
            measurements.rows = answers.rows
            measurements.candidate = .init(version: version.version, answers: answers, metrics: answers.metrics())
            for gate in declaration.gates {
                if case .champion(_, _, let slices) = gate {
                    for name in slices { measurements.slices[name] = columns.first { $0.name == name }?.texts }
                }
            }
            if declaration.gates.contains(where: \.comparesWithChampion) {
                measurements.champion = try await measureChampion(of: version, key, columns)
            }
            if declaration.gates.contains(where: \.isLatency) {
                let inputs = try runner.inputs(of: columns, in: "holdout", besides: declaration.target)
                measurements.latency = try await runner.latency(inputs)
            }
        } catch let error as TernError where error.code != .cancelled && error.code != .unavailable && error.code != .resourceExhausted {
            measurements.problem = error.message + "."
        }
        return measurements
    }

    /// The champion's answers on the candidate's holdout.
    private func measureChampion(of version: ModelVersion, _ candidate: EvaluationKey, _ columns: [Column]) async throws -> GateMeasurements.Champion
    {
        guard let number = try await alias(RegistryService.champion, of: version.model), number != version.version else { return .none }
        do {
            let champion = try await self.version(version.model, number)
            guard let digest = champion.digest else { return .failed(version: number, "it has no ONNX file.") }
            var key = candidate
            key.model = digest
            let answers = try await evaluator.answers(key, on: columns) {
                try await evaluator.load(blobs.localFile(of: digest), features: champion.lineage.features)
            }
            return .measured(.init(version: number, answers: answers, metrics: answers.metrics()))
        } catch let error as TernError where error.code != .cancelled && error.code != .unavailable && error.code != .resourceExhausted {
            return .failed(version: number, error.message + ".")
        }
    }
}

extension ModelVersion {
    /// Where it stands, as the value that decides what may happen next.
    var review: ReviewState { ReviewState(status: status, approvals: approvals, needed: approvalsNeeded) }
}

extension GateDeclaration {
    fileprivate var comparesWithChampion: Bool {
        switch self {
        case .champion, .churn: true
        case .floor, .latency: false
        }
    }

    fileprivate var isLatency: Bool { if case .latency = self { true } else { false } }
}
