import TernKernel

/// What the registry asks of other rooms. The server fills these in; without them, plain registration still works.
package struct RegistryPorts: Sendable {
    /// What tracking knows of a run.
    package struct RunFacts: Sendable {
        package var artifactURI: String
        package var params: [String: String]
        package var tags: [String: String]
        package var datasets: [Lineage.DatasetReference]
        package var name: String
        package var metrics: [String: Double]

        package init(
            artifactURI: String, params: [String: String] = [:], tags: [String: String] = [:], datasets: [Lineage.DatasetReference] = [],
            name: String = "", metrics: [String: Double] = [:]
        ) {
            self.artifactURI = artifactURI
            self.params = params
            self.tags = tags
            self.datasets = datasets
            self.name = name
            self.metrics = metrics
        }
    }

    /// What tracking knows of a model that a run logged.
    package struct LoggedModelFacts: Sendable {
        package var location: String
        package var runID: String?

        package init(location: String, runID: String?) {
            self.location = location
            self.runID = runID
        }
    }

    /// A file below a version's source.
    package struct SourceFile: Sendable {
        /// Where it lies, as its store names it.
        package var path: String
        /// A file of this machine with its bytes: itself, or a copy made in the folder that is given.
        package var local: @Sendable (_ scratch: String) async throws -> String

        package init(path: String, local: @escaping @Sendable (_ scratch: String) async throws -> String) {
            self.path = path
            self.local = local
        }

        /// A file of this machine.
        package init(at path: String) { self.init(path: path) { _ in path } }
    }

    package var run: @Sendable (_ id: String) async throws -> RunFacts?
    package var loggedModel: @Sendable (_ id: String) async throws -> LoggedModelFacts?
    /// The files below a version's source; empty when the source lies elsewhere.
    package var artifactFile: @Sendable (_ source: String, _ runID: String?) async throws -> [SourceFile]
    /// Who serves this version now (`endpoint price`), so that it is not deleted under them.
    package var user: @Sendable (_ model: String, _ version: Int) async throws -> String?
    /// Told when a model that a run logged became a version, so that tracking can show it there.
    package var loggedModelRegistered: @Sendable (_ id: String, _ model: String, _ version: Int) async throws -> Void
    /// Where the versions of a model answer or have answered; newest first.
    package var deployments: @Sendable (_ model: String) async throws -> [VersionDeployment]
    /// How many rows a version of a dataset has; nil when it is not known here.
    package var datasetRows: @Sendable (_ name: String, _ version: Int) async throws -> Int64?

    package init(
        run: @escaping @Sendable (String) async throws -> RunFacts? = { _ in nil },
        loggedModel: @escaping @Sendable (String) async throws -> LoggedModelFacts? = { _ in nil },
        artifactFile: @escaping @Sendable (String, String?) async throws -> [SourceFile] = { _, _ in [] },
        user: @escaping @Sendable (String, Int) async throws -> String? = { _, _ in nil },
        loggedModelRegistered: @escaping @Sendable (String, String, Int) async throws -> Void = { _, _, _ in },
        deployments: @escaping @Sendable (String) async throws -> [VersionDeployment] = { _ in [] },
        datasetRows: @escaping @Sendable (String, Int) async throws -> Int64? = { _, _ in nil }
    ) {
        self.run = run
        self.loggedModel = loggedModel
        self.artifactFile = artifactFile
        self.user = user
        self.loggedModelRegistered = loggedModelRegistered
        self.deployments = deployments
        self.datasetRows = datasetRows
    }
}
