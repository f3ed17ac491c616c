import TernKernel

/// Where a version stands on its way to release.
package enum ModelVersionStatus: String, Codable, Hashable, Sendable {
    /// Known, with no gate declared for its model.
    case registered
    /// Its gates are running.
    case gating
    /// A gate said no.
    case refused
    /// All gates passed; people have yet to agree.
    case pendingApproval = "pending_approval"
    case approved
    /// A person said no.
    case rejected
}

/// What made a version come to be.
package enum VersionOrigin: String, Codable, Hashable, Sendable {
    case person
    case schedule
    case policy
}

/// MLflow's stages, beside the aliases that replaced them.
package enum ModelStage: String, Codable, Hashable, Sendable, CaseIterable {
    case none = "None"
    case staging = "Staging"
    case production = "Production"
    case archived = "Archived"

    /// Any case of letters.
    package init?(anyCase text: String) {
        guard let stage = ModelStage.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else { return nil }
        self = stage
    }
}

/// One tensor that a model takes or gives; -1 in the shape is any length.
package struct SignatureField: Codable, Hashable, Sendable {
    package var name: String
    package var type: String
    package var shape: [Int]

    package init(name: String, type: String, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }
}

/// What an ONNX file says it takes and gives.
package struct ModelSignature: Codable, Hashable, Sendable {
    package var inputs: [SignatureField]
    package var outputs: [SignatureField]

    package init(inputs: [SignatureField], outputs: [SignatureField]) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// One person's word on a version.
package struct Approval: Codable, Hashable, Sendable {
    package enum Verdict: String, Codable, Hashable, Sendable {
        case approved
        case rejected
        /// The same person took an approval back.
        case withdrawn
    }

    package var by: String
    package var at: Timestamp
    package var verdict: Verdict
    package var reason: String?

    package init(by: String, at: Timestamp, verdict: Verdict, reason: String? = nil) {
        self.by = by
        self.at = at
        self.verdict = verdict
        self.reason = reason
    }
}

/// A numbered version of a registered model, with everything that answers "where does it come from and who let it pass".
package struct ModelVersion: Codable, Sendable {
    package var model: String
    package var version: Int
    package var status: ModelVersionStatus
    /// Why the status is what it is, where a sentence helps.
    package var statusReason: String?
    package var origin: VersionOrigin
    /// The blob of the ONNX file; nil when the version's artifacts hold none.
    package var digest: Digest?
    package var holdout: Digest?
    package var holdoutFormat: String?
    package var reference: Digest?
    package var signature: ModelSignature?
    /// On the holdout.
    package var metrics: [String: Double]
    package var gates: [GateResult]
    package var approvals: [Approval]
    /// How many people must approve it.
    package var approvalsNeeded: Int
    package var lineage: Lineage
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var createdBy: String
    /// The URI that it was registered from, as the client gave it.
    package var source: String
    /// Where its artifacts lie, when that differs from the source.
    package var location: String?
    package var runID: String?
    package var runLink: String?
    package var modelID: String?
    package var aliases: [String]
    package var tags: [String: String]
    package var description: String?
    package var stage: ModelStage
    /// Markdown about this version.
    package var card: String?
    /// The signature that MLflow's client declared, as it was given: `{"inputs": […], "outputs": […]}`.
    package var declaredSignature: JSON?
    /// The blob (Parquet) of rows that its maker gave as an example of its inputs.
    package var sample: Digest?

    private enum CodingKeys: String, CodingKey {
        case model, version, status, statusReason, origin, digest, holdout, holdoutFormat, reference, signature, metrics, gates, approvals
        case approvalsNeeded, lineage, createdAt, updatedAt, createdBy, source, location, runLink, aliases, tags, description, stage
        case card, declaredSignature, sample
        // Spelled so that snake_case reads back to the same key.
        case runID = "runId"
        case modelID = "modelId"
    }

    /// `model/price-direction/3`, as the ledger names it.
    package var subject: String { ModelVersion.subject(model, version) }

    package static func subject(_ model: String, _ version: Int) -> String { "model/\(model)/\(version)" }
}
