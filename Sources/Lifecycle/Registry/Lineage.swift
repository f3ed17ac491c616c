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

    /// A file that pins the environment (`requirements.txt`, `uv.lock`, …), stored as a blob.
    package struct EnvironmentFile: Codable, Hashable, Sendable {
        package var name: String
        /// SHA-256 of its bytes.
        package var digest: String
        package var bytes: Int

        package init(name: String, digest: String, bytes: Int) {
            self.name = name
            self.digest = digest
            self.bytes = bytes
        }
    }

    /// The tracking run.
    package var run: String?
    package var pipelineRun: String?
    package var step: String?
    package var codeCommit: String?
    /// Whether the working copy had no changes beside the commit; nil when nobody knows.
    package var codeClean: Bool?
    /// Where the commit can be fetched, without any password.
    package var codeRepository: String?
    /// The script or notebook that ran.
    package var codeSource: String?
    /// The digest of the environment's lock file, or its description.
    package var environment: String?
    package var environmentFiles: [EnvironmentFile]
    package var datasets: [DatasetReference]
    package var params: [String: JSON]
    package var features: [String]

    package init(
        run: String? = nil, pipelineRun: String? = nil, step: String? = nil, codeCommit: String? = nil, codeClean: Bool? = nil,
        environment: String? = nil, datasets: [DatasetReference] = [], params: [String: JSON] = [:], features: [String] = [],
        codeRepository: String? = nil, codeSource: String? = nil, environmentFiles: [EnvironmentFile] = []
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
        self.codeRepository = codeRepository
        self.codeSource = codeSource
        self.environmentFiles = environmentFiles
    }

    /// Every part may be left out of a request.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        run = try fields.decodeIfPresent(String.self, forKey: .run)
        pipelineRun = try fields.decodeIfPresent(String.self, forKey: .pipelineRun)
        step = try fields.decodeIfPresent(String.self, forKey: .step)
        codeCommit = try fields.decodeIfPresent(String.self, forKey: .codeCommit)
        codeClean = try fields.decodeIfPresent(Bool.self, forKey: .codeClean)
        codeRepository = try fields.decodeIfPresent(String.self, forKey: .codeRepository)
        codeSource = try fields.decodeIfPresent(String.self, forKey: .codeSource)
        environment = try fields.decodeIfPresent(String.self, forKey: .environment)
        environmentFiles = try fields.decodeIfPresent([EnvironmentFile].self, forKey: .environmentFiles) ?? []
        datasets = try fields.decodeIfPresent([DatasetReference].self, forKey: .datasets) ?? []
        params = try fields.decodeIfPresent([String: JSON].self, forKey: .params) ?? [:]
        features = try fields.decodeIfPresent([String].self, forKey: .features) ?? []
    }
}
