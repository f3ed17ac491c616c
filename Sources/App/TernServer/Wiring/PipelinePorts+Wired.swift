import Datasets
import Pipelines
import Registry
import TernKernel
import Tracking

extension PipelinePorts {
    /// Datasets gives inputs, Tracking a run to log to, Registry evaluates and registers.
    static func wired(datasets: DatasetsRoom, tracking: TrackingRoom, registry: RegistryRoom, address: ServerURL, stepToken: String) -> PipelinePorts
    {
        let identity = Identity.system("pipelines")
        return PipelinePorts(
            dataset: { name, number in
                let version = try await datasets.service.version(name, number)
                return PipelineDataset(
                    name: name, version: version.version, digest: version.digest, path: try await datasets.service.file(of: version))
            },
            createTrackingRun: { experiment, name, tags in
                try await tracking.service.startRun(experimentNamed: experiment, name: name, tags: tags, by: identity)
            },
            finishTrackingRun: { id, succeeded in try await tracking.service.finishRun(id, succeeded: succeeded, by: identity) },
            logMetrics: { run, metrics in try await tracking.service.logMetrics(metrics, to: run) },
            logParams: { run, params in
                try await tracking.service.log(LogBatch(params: params.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }), to: run)
            },
            evaluate: { model, table, target in
                try await registry.service.evaluate(modelAt: model, tableAt: table, target: target, task: "binary")
            },
            register: { step in try await register(step, with: registry) },
            trackingURI: { address.current }, environment: { ["MLFLOW_TRACKING_TOKEN": stepToken] })
    }

    private static func register(_ step: RegisterStep, with registry: RegistryRoom) async throws -> RegisterOutcome {
        let lineage = Lineage(
            run: step.trackingRun, pipelineRun: step.pipelineRun, step: step.step, codeCommit: step.code?.commit, codeClean: step.code?.clean,
            environment: step.code?.environment.map { "\(step.code?.packages?.count ?? 0) packages, sha256 \($0.hex)" },
            datasets: step.datasets.map { Lineage.DatasetReference(name: $0.name, version: $0.version, digest: $0.digest.hex) }, params: step.params,
            codeRepository: step.code?.repository)
        let version = try await registry.service.register(
            RegisterRequest(
                model: step.model, modelFile: step.modelPath, holdoutFile: step.holdoutPath, referenceFile: step.referencePath,
                runID: step.trackingRun, pipelineRun: step.pipelineRun, origin: VersionOrigin(rawValue: step.origin.rawValue) ?? .person,
                lineage: lineage, description: step.reason, by: step.by, eventTime: step.eventTime,
                environment: step.code?.packages.map { ["requirements.txt": $0.joined(separator: "\n") + "\n"] } ?? [:]))
        return RegisterOutcome(version: version.version, verdict: version.status.rawValue, evidence: try JSON(encoding: version.gates))
    }
}
