import Datasets
import Foundation
import Monitoring
import Pipelines
import Policies
import Registry
import Releases
import TernKernel

extension PolicyPorts {
    /// Monitoring raises, Datasets and Pipelines retrain, Releases rolls back.
    static func wired(
        monitoring: MonitoringRoom, releases: ReleasesRoom, pipelines: PipelinesRoom, datasets: DatasetsRoom, registry: RegistryRoom, folder: String
    ) -> PolicyPorts {
        let webhooks = WebhookClient()
        return PolicyPorts(
            alerts: { endpoint in try await monitoring.service.alerts(endpoint: endpoint).map(PolicyAlert.init(_:)) },
            releaseInProgress: { try await releases.service.releaseInProgress($0) },
            makeTrainingSet: { endpoint, dataset, from, to, identity, reason in
                let model = try await releases.service.endpoint(endpoint).declaration.model
                guard let target = try await registry.service.model(model).declaration?.target else {
                    throw TernError(.conflict, "model '\(model)' is not declared", hint: "declare it under models: in tern.yaml, with its target")
                }
                let time = try await datasets.service.get(dataset).time
                let path = "\(folder)/labelled-\(Identifier.random()).parquet"
                defer { try? FileManager.default.removeItem(atPath: path) }
                let rows = try await monitoring.service.labelledTable(endpoint, from: from, to: to, target: target, timeColumn: time, to: path)
                let source: JSON = [
                    "endpoint": .string(endpoint), "from": .string(from.description), "to": .string(to.description), "rows": .int(rows),
                    "what": "labelled production data: the inference log joined with feedback",
                ]
                return try await datasets.service.add(name: dataset, fileAt: path, by: identity, reason: reason, source: source).version
            },
            startPipeline: { request in
                try await pipelines.service.start(
                    PipelineStart(
                        pipeline: request.pipeline, datasets: request.datasets, reason: request.reason, origin: .policy, eventTime: request.eventTime,
                        idempotencyKey: request.key, by: .system("policies"))
                ).id
            },
            pipelineState: { id in PipelineOutcome(try await pipelines.service.run(id)) },
            rollback: { endpoint, reason, key in
                _ = try await releases.service.rollback(endpoint, reason: reason, by: .system("policies"), key: key)
            },
            post: { try await webhooks.post($0, $1) })
    }
}

extension PolicyPorts.PipelineOutcome {
    init(_ run: PipelineRun) {
        switch run.state {
        case .queued, .running: self.init(.running)
        case .failed, .cancelled: self.init(.failed, message: run.error ?? run.state.rawValue)
        case .succeeded:
            let version = run.result?["version"]?.intValue.map(Int.init)
            self.init(.succeeded, version: version, refused: run.result?["verdict"]?.stringValue == "refused")
        }
    }
}

extension PolicyAlert {
    init(_ alert: Alert) {
        self.init(
            id: String(alert.id), endpoint: alert.endpoint, monitor: alert.monitor.rawValue, column: alert.column, message: alert.message,
            owner: alert.owner, raisedAt: alert.raisedAt, raisedEventTime: alert.raisedEventTime, resolvedAt: alert.resolvedAt,
            resolvedEventTime: alert.resolvedEventTime)
    }
}
