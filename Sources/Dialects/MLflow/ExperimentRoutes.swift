import TernKernel
import Tracking

extension MLflowDialect {
    func mountExperiments(on routes: inout MLflowRoutes) {
        let tracking = tracking
        routes.post("experiments/create") { request in
            let body = request.parameters
            let name = try body.required("name")
            let location = try body.string("artifact_location").flatMap { $0.isEmpty ? nil : $0 }
            let id = try await tracking.createExperiment(
                name: name, location: try location.map { try ArtifactLocation.absolute($0) }, tags: try body.pairsByKey("tags"))
            return ["experiment_id": .string(String(id))]
        }
        routes.get("experiments/get") { request in
            ["experiment": try await tracking.experiment(try request.parameters.requiredExperimentID()).mlflow]
        }
        routes.get("experiments/get-by-name") { request in
            let name = try request.parameters.required("experiment_name")
            guard let experiment = try await tracking.experiment(named: name) else {
                throw TernError.notFound("Could not find experiment with name '\(name)'")
            }
            return ["experiment": experiment.mlflow]
        }
        routes.post("experiments/delete") { request in
            try await tracking.deleteExperiment(try request.parameters.requiredExperimentID(), by: request.identity)
            return [:]
        }
        routes.post("experiments/restore") { request in
            try await tracking.restoreExperiment(try request.parameters.requiredExperimentID(), by: request.identity)
            return [:]
        }
        routes.post("experiments/update") { request in
            let body = request.parameters
            try await tracking.renameExperiment(try body.requiredExperimentID(), to: try body.required("new_name"))
            return [:]
        }
        routes.post("experiments/set-experiment-tag") { request in
            let body = request.parameters
            try await tracking.setExperimentTag(
                try body.requiredExperimentID(), key: try body.required("key"), value: try body.string("value") ?? "")
            return [:]
        }
        routes.post("experiments/delete-experiment-tag") { request in
            let body = request.parameters
            try await tracking.deleteExperimentTag(try body.requiredExperimentID(), key: try body.required("key"))
            return [:]
        }
        mountExperimentSearches(on: &routes)
    }

    private func mountExperimentSearches(on routes: inout MLflowRoutes) {
        let tracking = tracking
        let search: MLflowRoutes.Handler = { request in
            let body = request.parameters
            let meaning = FilterMeaning.experiments
            let page = try await tracking.searchExperiments(
                ExperimentSearch(
                    filter: try meaning.filter(try body.string("filter")), order: try meaning.order(try body.strings("order_by")),
                    stages: try body.stages("view_type"), offset: try PageToken.offset(try body.string("page_token")),
                    // Like protobuf, no number is zero, and zero is refused.
                    limit: try body.limit(or: 0)))
            return .fields(["experiments": .list(page.elements.map(\.mlflow)), "next_page_token": PageToken.make(page.nextOffset)])
        }
        routes.get("experiments/search", search)
        routes.post("experiments/search", needs: .viewer, search)
        routes.post("experiments/search-datasets", needs: .viewer) { request in
            let parameters = request.parameters
            let asked = try parameters.strings("experiment_ids").count
            guard asked > 0 else { throw TernError.invalid("SearchDatasets request must specify at least one experiment_id.") }
            guard asked <= 20 else {
                throw TernError.invalid("SearchDatasets request cannot specify more than 20 experiment_ids. Received \(asked) experiment_ids.")
            }
            let datasets = try await tracking.datasets(of: try parameters.experimentIDs())
            return .fields([
                "dataset_summaries": .list(
                    datasets.map {
                        .fields([
                            "experiment_id": .string(String($0.experiment)), "name": .string($0.name), "digest": .string($0.digest),
                            "context": $0.context.map(JSON.string),
                        ])
                    })
            ])
        }
    }
}
