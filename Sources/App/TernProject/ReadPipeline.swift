import Pipelines
import TernKernel
import Yams

extension ProjectReader {
    func readPipeline(_ name: String, _ node: Node, owner: String) -> PipelineDefinition? {
        let path = "pipelines.\(name)"
        let known = ["schedule", "timezone", "params", "steps", "owner", "description"]
        guard let section = Section(node, path: path, known: known, problems: problems) else { return nil }
        var params: [String: JSON] = [:]
        for (key, _, value) in section.section("params", known: nil)?.entries ?? [] { params[key] = JSON(value) }
        guard let steps = section.section("steps", known: nil), !steps.entries.isEmpty else {
            if section["steps"] == nil { section.missing("steps", "{fit: {run: python steps/fit.py, out: [model.onnx]}}") }
            return nil
        }
        let schedule = section.text("schedule")
        if let schedule, schedule.split(separator: " ").count != 5, !schedule.hasPrefix("@") {
            problems.add(
                "'\(schedule)' is not a cron expression", at: section["schedule"]?.mark, suggestion: "five fields, for example \"0 3 * * *\"")
        }
        return PipelineDefinition(
            name: name, schedule: schedule, timezone: section.text("timezone"), params: params,
            steps: steps.entries.compactMap { name, key, value in
                guard ProjectReader.isName(name) else {
                    problems.add("'\(name)' is not a name", at: key.mark, suggestion: "letters, digits, '-' and '_'")
                    return nil
                }
                return readStep(name, value, path: "\(path).steps.\(name)")
            },
            owner: section.text("owner") ?? owner)
    }

    private func readStep(_ name: String, _ node: Node, path: String) -> StepDefinition? {
        let common = ["after", "retries", "timeout", "cache"]
        let actions = ["run": ["in", "out"], "evaluate": ["on", "target"], "register": ["from", "holdout", "reference"]]
        guard case .mapping(let mapping) = node else {
            problems.add(
                "'\(path)' must be a mapping", at: node.mark, suggestion: "for example: {run: python steps/\(name).py, out: [result.parquet]}")
            return nil
        }
        let keys = mapping.keys.compactMap(\.string)
        let chosen = actions.keys.filter(keys.contains)
        guard chosen.count == 1, let action = chosen.first else {
            problems.add("'\(path)' must have exactly one of run, evaluate, register", at: node.mark)
            return nil
        }
        guard let section = Section(node, path: path, known: [action] + (actions[action] ?? []) + common, problems: problems),
            let stepAction = readAction(action, section)
        else { return nil }
        var inputs = (section.texts("in") ?? []).compactMap { input($0, section, "in") }
        switch stepAction {
        case .run: break
        case .evaluate(let model, let table, _): inputs = [model, table]
        case .register(_, let model, let holdout, let reference): inputs = [model] + [holdout, reference].compactMap(\.self)
        }
        return StepDefinition(
            name: name, action: stepAction, inputs: inputs, outputs: section.texts("out") ?? [], after: section.texts("after") ?? [],
            retries: section.whole("retries", in: 0...100) ?? 0, timeout: section.period("timeout"), cache: section.bool("cache") ?? true)
    }

    private func readAction(_ action: String, _ section: Section) -> StepAction? {
        switch action {
        case "run":
            return section.required("run", example: "python steps/fit.py").map { .run($0) }
        case "evaluate":
            let model = section.text("evaluate").flatMap { input($0, section, "evaluate") }
            let table = section.required("on", example: "prepare/holdout.parquet").flatMap { input($0, section, "on") }
            let target = section.required("target", example: "label")
            guard let model, let table, let target else { return nil }
            return .evaluate(model: model, on: table, target: target)
        default:
            let model = section.required("register", example: "my-model")
            let file = section.required("from", example: "fit/model.onnx").flatMap { input($0, section, "from") }
            guard let model, let file else { return nil }
            return .register(
                model: model, from: file, holdout: section.text("holdout").flatMap { input($0, section, "holdout") },
                reference: section.text("reference").flatMap { input($0, section, "reference") })
        }
    }

    /// `dataset:market`, `file:steps/x.json` or `prepare/train.parquet`.
    private func input(_ text: String, _ section: Section, _ key: String) -> StepInput? {
        if text.hasPrefix("dataset:") { return .dataset(String(text.dropFirst("dataset:".count))) }
        if text.hasPrefix("file:") { return .file(String(text.dropFirst("file:".count))) }
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else {
            problems.add(
                "'\(text)' is not an input", at: section[key]?.mark, suggestion: "dataset:NAME, STEP/FILE (an earlier step's output) or file:PATH")
            return nil
        }
        return .output(step: String(parts[0]), file: String(parts[1]))
    }
}
