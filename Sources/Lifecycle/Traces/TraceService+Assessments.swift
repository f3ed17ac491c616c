import TernKernel
import TernStore

/// What is said of traces: feedback, expectations, and references to issues.
extension TraceService {
    /// Adds an assessment. One that overrides another makes that one invalid.
    package func assess(_ assessment: Assessment) async throws -> Assessment {
        try await database.write { transaction in
            _ = try TraceService.info(assessment.trace, TraceStore(transaction))
            let store = AssessmentStore(transaction)
            let complete = assessment.completed(for: assessment.trace, at: transaction.now)
            if !assessment.id.isEmpty, try store.find(assessment.id, of: assessment.trace) != nil {
                throw TernError(.alreadyExists, "Assessment with ID '\(assessment.id)' already exists for trace '\(assessment.trace)'")
            }
            if let overridden = complete.overrides, try !store.setValid(overridden, of: complete.trace, false) {
                throw TernError.notFound("Assessment with ID '\(overridden)' not found for trace '\(complete.trace)'")
            }
            try store.put(complete)
            return complete
        }
    }

    /// - Throws: `not_found` in MLflow's two ways: no such trace, or no such assessment of it.
    package func assessment(_ id: String, of trace: String) async throws -> Assessment {
        try await database.read { try TraceService.assessment(id, of: trace, $0) }
    }

    private static func assessment(_ id: String, of trace: String, _ connection: Connection) throws -> Assessment {
        if let found = try AssessmentStore(connection).find(id, of: trace) { return found }
        guard try TraceStore(connection).exists(trace) else { throw TernError.notFound("Trace with request_id '\(trace)' not found") }
        throw TernError.notFound("Assessment with ID '\(id)' not found for trace '\(trace)'")
    }

    package func updateAssessment(_ id: String, of trace: String, _ change: AssessmentChange) async throws -> Assessment {
        try await database.write { transaction in
            var assessment = try TraceService.assessment(id, of: trace, transaction.connection)
            if change.expectation != nil, change.feedback != nil {
                throw TernError.invalid("Cannot specify both `expectation` and `feedback` parameters.")
            }
            if let value = change.expectation {
                guard assessment.kind == .expectation else {
                    throw TernError.invalid("Cannot update expectation value on a Feedback assessment.")
                }
                assessment.value = value
            }
            if let feedback = change.feedback {
                guard assessment.kind == .feedback else {
                    throw TernError.invalid("Cannot update feedback value on an Expectation assessment.")
                }
                assessment.value = feedback.value
                assessment.failure = feedback.failure
            }
            if let name = change.name { assessment.name = name }
            if let rationale = change.rationale, assessment.kind == .feedback { assessment.rationale = rationale }
            assessment.metadata.merge(change.metadata ?? [:]) { $1 }
            assessment.updatedAt = transaction.now.milliseconds
            try AssessmentStore(transaction).put(assessment)
            return assessment
        }
    }

    /// Deletes an assessment; the one it overrode is valid again. To delete one that is not there is no fault.
    package func deleteAssessment(_ id: String, of trace: String) async throws {
        try await database.write { transaction in
            let store = AssessmentStore(transaction)
            guard let assessment = try store.find(id, of: trace) else { return }
            if let overridden = assessment.overrides { _ = try store.setValid(overridden, of: trace, true) }
            try store.delete(id)
        }
    }
}
