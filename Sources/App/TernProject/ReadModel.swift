import Foundation
import Registry
import TernKernel
import Yams

extension ProjectReader {
    static let metrics = ["f1", "precision", "recall", "accuracy", "roc_auc", "log_loss", "brier", "mae", "rmse", "r2"]

    func readModel(_ name: String, _ node: Node, owner: String) -> ModelDeclaration? {
        let path = "models.\(name)"
        let known = ["purpose", "task", "target", "owner", "gates", "approvals", "approvals_retrained", "card", "inputs"]
        guard let section = Section(node, path: path, known: known, problems: problems) else { return nil }
        let purpose = section.required("purpose", example: "What question does it answer?")
        let task = section.text("task") ?? "binary"
        let tasks = ["binary", "multiclass", "regression"]
        if !tasks.contains(task) { problems.add("no such task: '\(task)'", at: section["task"]?.mark, nearest: task, in: tasks) }
        let target = section.required("target", example: "label")
        return ModelDeclaration(
            name: name, purpose: purpose ?? "", task: task, target: target ?? "", owner: section.text("owner") ?? owner,
            gates: list(section, "gates").compactMap { readGate($0, path: "\(path).gates") },
            approvals: section.whole("approvals", in: 0...20) ?? 1, approvalsRetrained: section.whole("approvals_retrained", in: 0...20),
            card: readCard(section), inputs: readInputsPolicy(section))
    }

    /// The text of the file that `card:` names: Markdown, beside tern.yaml.
    private func readCard(_ section: Section) -> String? {
        guard let file = section.text("card") else { return nil }
        let path = file.hasPrefix("/") ? file : folder + "/" + file
        guard let data = FileManager.default.contents(atPath: path) else {
            problems.add(
                "there is no model card at \(path)", at: section["card"]?.mark, suggestion: "card: card.md, a Markdown file beside tern.yaml")
            return nil
        }
        guard data.count <= RegisteredModel.cardLimit, let text = String(validating: data, as: UTF8.self) else {
            problems.add("the model card \(path) is not UTF-8 text of at most \(RegisteredModel.cardLimit) bytes", at: section["card"]?.mark)
            return nil
        }
        return text
    }

    private func readInputsPolicy(_ section: Section) -> InputsPolicy? {
        guard let word = section.text("inputs") else { return nil }
        if let policy = InputsPolicy(rawValue: word) { return policy }
        let words = InputsPolicy.allCases.map(\.rawValue)
        problems.add("inputs are 'any' or 'unchanged', not '\(word)'", at: section["inputs"]?.mark, nearest: word, in: words)
        return nil
    }

    /// The elements of a list; a problem when the key holds something else.
    func list(_ section: Section, _ key: String) -> [Node] {
        guard let node = section[key] else { return [] }
        guard case .sequence(let sequence) = node else {
            problems.add("'\(section.path).\(key)' must be a list\(Section.found(node))", at: node.mark)
            return []
        }
        return Array(sequence)
    }

    private func readGate(_ node: Node, path: String) -> GateDeclaration? {
        let known = ["metric", "at_least", "against", "drop_at_most", "slices", "churn", "latency_p99"]
        guard let section = Section(node, path: path, known: known, problems: problems) else { return nil }
        if section["churn"] != nil { return section.share("churn").map { .churn(atMost: $0) } }
        if section["latency_p99"] != nil { return section.period("latency_p99").map { .latency(p99: $0) } }
        guard let metric = section.required("metric", example: "f1") else { return nil }
        if !ProjectReader.metrics.contains(metric) {
            problems.add("no such metric: '\(metric)'", at: section["metric"]?.mark, nearest: metric, in: ProjectReader.metrics)
        }
        if section["at_least"] != nil { return section.number("at_least").map { .floor(metric: metric, atLeast: $0) } }
        if section["drop_at_most"] != nil {
            if let against = section.text("against"), against != "champion" {
                problems.add("a gate compares with 'champion', not '\(against)'", at: section["against"]?.mark)
            }
            return section.share("drop_at_most").map { .champion(metric: metric, dropAtMost: $0, slices: section.texts("slices") ?? []) }
        }
        problems.add(
            "this gate has no bound", at: node.mark,
            suggestion: "{metric: \(metric), at_least: 0.7} or {metric: \(metric), against: champion, drop_at_most: 2%}")
        return nil
    }
}
