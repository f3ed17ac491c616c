import TernKernel
import TernStore

extension RegistryService {
    /// A person's yes. The same person's second one changes nothing.
    ///
    /// - Throws: `not_allowed`; `gate_refused` with the gates' evidence; `conflict` when it was rejected or its gates are running.
    @discardableResult
    package func approve(
        _ model: String, _ version: Int, reason: String? = nil, by identity: Identity, eventTime: Timestamp? = nil
    ) async throws -> ModelVersion {
        try identity.require(.approver, to: "approve \(ModelVersion.subject(model, version))")
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            var found = try versions.get(model, version)
            var review = found.review
            guard try named(found, { try review.approve(by: identity.name, at: transaction.now, reason: reason, gates: found.gates) }) else {
                return found
            }
            found.status = review.status
            try versions.setApprovals(review.approvals, of: model, version)
            try versions.update(found, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.approved", subject: found.subject, by: identity.name, reason: reason, eventTime: eventTime,
                    data: [
                        "status": .string(review.status.rawValue), "approvals": JSON(review.approvers.count), "needed": JSON(review.needed),
                        "digest": JSON(found.digest?.hex),
                    ]))
            return try versions.get(model, version)
        }
    }

    /// A person's no, with a reason. It is final, also for a version that was approved before.
    ///
    /// - Throws: `not_allowed`; `invalid_argument` without a reason; `conflict`.
    @discardableResult
    package func reject(
        _ model: String, _ version: Int, reason: String?, by identity: Identity, eventTime: Timestamp? = nil
    ) async throws -> ModelVersion {
        try identity.require(.approver, to: "reject \(ModelVersion.subject(model, version))")
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            var found = try versions.get(model, version)
            var review = found.review
            try named(found) { try review.reject(by: identity.name, at: transaction.now, reason: reason) }
            found.status = review.status
            found.statusReason = reason
            try versions.setApprovals(review.approvals, of: model, version)
            try versions.update(found, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.rejected", subject: found.subject, by: identity.name, reason: reason, eventTime: eventTime,
                    data: ["status": .string(review.status.rawValue), "digest": JSON(found.digest?.hex)]))
            return try versions.get(model, version)
        }
    }

    /// A person takes their own yes back, with a reason.
    ///
    /// - Throws: `not_allowed`; `invalid_argument` without a reason; `conflict` when there is nothing to take back.
    @discardableResult
    package func withdraw(_ model: String, _ version: Int, reason: String?, by identity: Identity) async throws -> ModelVersion {
        try identity.require(.approver, to: "withdraw an approval of \(ModelVersion.subject(model, version))")
        return try await database.write { transaction in
            let versions = ModelVersionStore(transaction)
            let declared = try ModelStore(transaction).get(model).declaration != nil
            var found = try versions.get(model, version)
            var review = found.review
            try named(found) { try review.withdraw(by: identity.name, at: transaction.now, reason: reason, declared: declared) }
            found.status = review.status
            try versions.setApprovals(review.approvals, of: model, version)
            try versions.update(found, now: transaction.now)
            try transaction.record(
                LedgerEvent(
                    "model.version.withdrawn", subject: found.subject, by: identity.name, reason: reason,
                    data: ["status": .string(review.status.rawValue), "approvals": JSON(review.approvers.count), "needed": JSON(review.needed)]))
            return try versions.get(model, version)
        }
    }
}

/// Puts the version's name in front of what the review says.
private func named<Answer>(_ version: ModelVersion, _ body: () throws -> Answer) throws -> Answer {
    do {
        return try body()
    } catch var error as TernError {
        error.message = "version \(version.version) of \(version.model): \(error.message)"
        throw error
    }
}
