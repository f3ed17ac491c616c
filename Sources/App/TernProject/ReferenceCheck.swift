import Datasets
import Pipelines
import Policies
import Registry
import Releases
import TernKernel
import Yams

/// Whether what the parts say of each other is there: datasets, steps, models, pipelines; and that no step waits for itself.
struct ReferenceCheck {
    let project: Project
    let root: Section
    let problems: ProblemList

    func run() {
        for pipeline in project.pipelines {
            checkInputs(of: pipeline)
            checkCycles(in: pipeline)
        }
        for endpoint in project.endpoints where !endpoint.model.isEmpty {
            check(endpoint.model, in: project.models.map(\.name), "model", at: ["endpoints", endpoint.name, "model"])
        }
        for policy in project.policies {
            for (event, actions) in policy.on {
                for case .retrain(let pipeline, let dataset, _) in actions {
                    let place = ["endpoints", policy.endpoint, "on", event]
                    check(pipeline, in: project.pipelines.map(\.name), "pipeline", at: place)
                    check(dataset, in: project.datasets.map(\.name), "dataset", at: place)
                }
            }
        }
    }

    private func check(_ name: String, in known: [String], _ noun: String, at path: [String]) {
        if !known.contains(name) { problems.add("there is no \(noun) '\(name)'", at: mark(path), nearest: name, in: known) }
    }

    private func checkInputs(of pipeline: PipelineDefinition) {
        let steps = Dictionary(pipeline.steps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for step in pipeline.steps {
            let place = ["pipelines", pipeline.name, "steps", step.name]
            for input in step.inputs {
                switch input {
                case .dataset(let name): check(name, in: project.datasets.map(\.name), "dataset", at: place)
                case .output(let name, let file):
                    guard let source = steps[name] else {
                        problems.add(
                            "step '\(step.name)' reads from '\(name)', and there is no such step", at: mark(place), nearest: name,
                            in: Array(steps.keys))
                        continue
                    }
                    if !source.outputs.contains(file) {
                        problems.add(
                            "step '\(step.name)' reads '\(name)/\(file)', but '\(name)' does not list it in out", at: mark(place), nearest: file,
                            in: source.outputs)
                    }
                case .file: break
                }
            }
            for name in step.after where steps[name] == nil {
                problems.add(
                    "step '\(step.name)' is after '\(name)', and there is no such step", at: mark(place), nearest: name, in: Array(steps.keys))
            }
            if case .register(let model, _, _, _) = step.action { check(model, in: project.models.map(\.name), "model", at: place) }
        }
    }

    private func checkCycles(in pipeline: PipelineDefinition) {
        var next: [String: Set<String>] = [:]
        for step in pipeline.steps {
            next[step.name] = Set(step.after + step.inputs.compactMap { if case .output(let source, _) = $0 { source } else { nil } })
        }
        var done: Set<String> = []
        /// Follows what `step` waits for; answers the circle when it comes back to where it has been.
        func circle(from step: String, along path: [String]) -> [String]? {
            if let start = path.firstIndex(of: step) { return Array(path[start...]) + [step] }
            if done.contains(step) { return nil }
            for source in (next[step] ?? []).sorted() {
                if let found = circle(from: source, along: path + [step]) { return found }
            }
            done.insert(step)
            return nil
        }
        for step in pipeline.steps {
            if let found = circle(from: step.name, along: []) {
                problems.add(
                    "the steps wait for each other in a circle: \(found.joined(separator: " → "))",
                    at: mark(["pipelines", pipeline.name, "steps", found[0]]))
                return
            }
        }
    }

    /// Where a key stands in the file.
    private func mark(_ path: [String]) -> Mark? {
        var node: Node? = root.node
        var mark = root.node.mark
        for key in path {
            guard case .mapping(let mapping)? = node, let entry = mapping.first(where: { $0.key.string == key }) else { return mark }
            mark = entry.key.mark ?? mark
            node = entry.value
        }
        return mark
    }
}
