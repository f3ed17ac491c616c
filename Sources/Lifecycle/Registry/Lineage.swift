import TernKernel

/// What a version was made from: enough to make it again, and to answer `tern why`.
package struct Lineage: Codable, Hashable, Sendable {
    package struct DatasetReference: Codable, Hashable, Sendable {
        package var name: String
        package var version: Int
        package var digest: String

        package init(name: String, version: Int, digest: String) {
            self.name = name
            self.version = version
            self.digest = digest
        }
    }

    /// The tracking run.
    package var run: String?
    package var pipelineRun: String?
    package var step: String?
    package var codeCommit: String?
    /// Whether the working copy had no changes beside the commit; nil when nobody knows.
    package var codeClean: Bool?
    /// The digest of the environment's lock file, or its description.
    package var environment: String?
    package var datasets: [DatasetReference]
    package var params: [String: JSON]
    package var features: [String]

    package init(
        run: String? = nil, pipelineRun: String? = nil, step: String? = nil, codeCommit: String? = nil, codeClean: Bool? = nil,
        environment: String? = nil, datasets: [DatasetReference] = [], params: [String: JSON] = [:], features: [String] = []
    ) {
        self.run = run
        self.pipelineRun = pipelineRun
        self.step = step
        self.codeCommit = codeCommit
        self.codeClean = codeClean
        self.environment = environment
        self.datasets = datasets
        self.params = params
        self.features = features
    }

    /// Every part may be left out of a request.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        run = try fields.decodeIfPresent(String.self, forKey: .run)
        pipelineRun = try fields.decodeIfPresent(String.self, forKey: .pipelineRun)
        step = try fields.decodeIfPresent(String.self, forKey: .step)
        codeCommit = try fields.decodeIfPresent(String.self, forKey: .codeCommit)
        codeClean = try fields.decodeIfPresent(Bool.self, forKey: .codeClean)
        environment = try fields.decodeIfPresent(String.self, forKey: .environment)
        datasets = try fields.decodeIfPresent([DatasetReference].self, forKey: .datasets) ?? []
        params = try fields.decodeIfPresent([String: JSON].self, forKey: .params) ?? [:]
        features = try fields.decodeIfPresent([String].self, forKey: .features) ?? []
    }
}
