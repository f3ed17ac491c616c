import TernKernel
import TernStore

/// Does what was written down: each step is stored before the next one begins.
extension PolicyService {
    /// Failures that another try may not meet; what they stop is tried again at the next look.
    private static let passing: Set<TernError.Code> = [.unavailable, .timeout, .cancelled, .resourceExhausted]

    /// - Returns: whether anything moved on.
    func carryOut(_ endpoint: String, clock: Timestamp) async throws -> Bool {
        var changed = false
        for order in try await store.plannedRollbacks(endpoint) { changed = try await carryOut(order) || changed }
        while let retraining = try await store.openRetraining(endpoint), try await moveOn(retraining, clock: clock) { changed = true }
        return changed
    }

    // MARK: Rollbacks

    private func carryOut(_ order: RollbackOrder) async throws -> Bool {
        var problem: String?
        do {
            try await ports.rollback(order.endpoint, order.reason, order.key)
        } catch let error as TernError where !PolicyService.passing.contains(error.code) {
            problem = error.message
        }
        let kind = problem == nil ? "policy.rollback.done" : "policy.rollback.failed"
        let data: JSON = ["key": .string(order.key), "problem": JSON(problem)]
        let event = event(kind, order.endpoint, clock: order.eventTime, reason: problem ?? order.reason, data)
        return try await store.database.write { transaction in
            guard try PolicyStore.finish(order, in: transaction) else { return false }
            try transaction.record(event)
            return true
        }
    }

    // MARK: Retrainings

    private func moveOn(_ before: Retraining, clock: Timestamp) async throws -> Bool {
        var retraining = before
        do {
            switch before.state {
            case .planned:
                retraining.datasetVersion = try await ports.makeTrainingSet(
                    before.endpoint, before.dataset, before.from, before.to, PolicyService.identity, before.cause)
                retraining.state = .prepared
                return try await store(retraining, from: before.state, tell: nil, eventTime: before.eventTime)
            case .prepared:
                retraining.pipelineRun = try await ports.startPipeline(request(before))
                retraining.state = .running
                return try await store(retraining, from: before.state, tell: "policy.retrain.started", eventTime: before.eventTime)
            case .running:
                guard let run = before.pipelineRun else { throw TernError(.internal, "retraining \(before.key) runs without a pipeline run") }
                let outcome = try await ports.pipelineState(run)
                guard outcome.state != .running else { return false }
                retraining.version = outcome.version
                retraining.state = outcome.state == .failed ? .failed : outcome.refused ? .refused : .succeeded
                retraining.outcome = outcome.message ?? PolicyService.words(for: retraining)
            case .succeeded, .refused, .failed: return false
            }
        } catch let error as TernError where !PolicyService.passing.contains(error.code) {
            // It counts for the cooldown all the same: what failed once would fail again in a second.
            retraining.state = .failed
            retraining.outcome = error.message
        }
        return try await store(retraining, from: before.state, tell: "policy.retrain.finished", eventTime: clock)
    }

    private func request(_ retraining: Retraining) -> PolicyPorts.PipelineRequest {
        PolicyPorts.PipelineRequest(
            key: retraining.key, pipeline: retraining.pipeline, datasets: retraining.datasetVersion.map { [retraining.dataset: $0] } ?? [:],
            reason: retraining.cause, endpoint: retraining.endpoint, eventTime: retraining.eventTime)
    }

    private func store(_ changed: Retraining, from state: Retraining.State, tell kind: String?, eventTime: Timestamp) async throws -> Bool {
        try await store.database.write { transaction in
            var retraining = changed
            if !retraining.isOpen {
                retraining.endedAt = transaction.now
                retraining.endedEventTime = eventTime
            }
            guard try PolicyStore.update(retraining, from: state, in: transaction) else { return false }
            if let kind { try transaction.record(PolicyService.event(kind, retraining, eventTime: eventTime)) }
            return true
        }
    }

    private static func words(for retraining: Retraining) -> String {
        let version = retraining.version.map { "version \($0)" } ?? "no version"
        return switch retraining.state {
        case .refused: "\(version) was refused by a gate"
        case .failed: "the pipeline run failed"
        default: "\(version) was registered"
        }
    }
}
