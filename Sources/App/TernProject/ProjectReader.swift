import Datasets
import Foundation
import TernKernel
import Yams

/// Reads the whole file; each part has a file of its own beside this one.
struct ProjectReader {
    let problems: ProblemList
    let folder: String
    var environment = ProcessInfo.processInfo.environment

    func read(_ text: String) -> Project? {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            report(error)
            return nil
        } catch {
            problems.add(String(describing: error), at: nil)
            return nil
        }
        guard let root else {
            problems.add("the file is empty", at: nil, suggestion: "tern init writes one to start from")
            return nil
        }
        let known = ["project", "owner", "datasets", "features", "pipelines", "models", "endpoints", "alerts"]
        guard let top = Section(root, path: "tern.yaml", known: known, problems: problems) else { return nil }
        let name = top.required("project", example: "grid") ?? ""
        let owner = top.required("owner", example: "grid-team@example.com") ?? ""
        if let features = top["features"] {
            problems.add("feature views are not in this version yet", at: features.mark, suggestion: "compute the columns in a pipeline step")
        }
        var project = Project(name: name, owner: owner, folder: folder)
        project.datasets = named(top, "datasets") { readDataset($0, $1, owner: owner) }
        project.pipelines = named(top, "pipelines") { readPipeline($0, $1, owner: owner) }
        project.models = named(top, "models") { readModel($0, $1, owner: owner) }
        let webhooks = readWebhooks(top)
        for (name, node) in entries(top, "endpoints") {
            guard let endpoint = readEndpoint(name, node, owner: owner, webhooks: webhooks) else { continue }
            project.endpoints.append(endpoint.declaration)
            project.monitors.append(endpoint.monitors)
            project.policies.append(endpoint.policy)
        }
        ReferenceCheck(project: project, root: top, problems: problems).run()
        return project
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            problems.add("not YAML: \(problem)", at: mark)
        default: problems.add("not YAML: \(error)", at: nil)
        }
    }

    // MARK: Alerts

    /// Webhook addresses; `${NAME}` is replaced by that environment variable, since such addresses often hold a secret.
    private func readWebhooks(_ top: Section) -> [String] {
        guard let section = top.section("alerts", known: ["webhooks"]) else { return [] }
        return (section.texts("webhooks") ?? []).compactMap { text in
            var address = text
            for match in text.matches(of: /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/) {
                // Without the variable the webhook is off: the same file serves a laptop and production.
                guard let value = environment[String(match.1)], !value.isEmpty else { return nil }
                address = address.replacing(match.0, with: value)
            }
            guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
                problems.add("a webhook must be an http or https address, not '\(text)'", at: section["webhooks"]?.mark)
                return nil
            }
            return address
        }
    }

    // MARK: Named things

    private func entries(_ top: Section, _ key: String) -> [(String, Node)] {
        guard let section = top.section(key, known: nil) else { return [] }
        return section.entries.compactMap { name, keyNode, value in
            guard ProjectReader.isName(name) else {
                problems.add(
                    "'\(name)' is not a name", at: keyNode.mark,
                    suggestion: "letters, digits, '-' and '_', at most 100, starting with a letter or digit")
                return nil
            }
            return (name, value)
        }
    }

    private func named<Value>(_ top: Section, _ key: String, _ read: (String, Node) -> Value?) -> [Value] {
        entries(top, key).compactMap { read($0.0, $0.1) }
    }

    /// Names end up in paths, URLs and environment variables, so they keep to what is plain in all three.
    static func isName(_ text: String) -> Bool {
        guard (1...100).contains(text.utf8.count), let first = text.utf8.first else { return false }
        func letterOrDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) }
        return letterOrDigit(first) && text.utf8.allSatisfy { letterOrDigit($0) || $0 == 45 || $0 == 95 }
    }

    // MARK: Datasets

    private func readDataset(_ name: String, _ node: Node, owner: String) -> DatasetDeclaration? {
        let path = "datasets.\(name)"
        guard let section = Section(node, path: path, known: ["path", "time", "owner", "description", "expect"], problems: problems) else {
            return nil
        }
        let file = section.required("path", example: "data/\(name).csv")
        var expect: [String: ColumnExpectation] = [:]
        for (column, _, value) in section.section("expect", known: nil)?.entries ?? [] {
            let known = ["type", "min", "max", "missing", "allowed", "unique"]
            guard let rules = Section(value, path: "\(path).expect.\(column)", known: known, problems: problems) else { continue }
            let type = rules.text("type")
            let types = ["bool", "int", "double", "text", "time"]
            if let type, !types.contains(type) { problems.add("no such type: '\(type)'", at: rules["type"]?.mark, nearest: type, in: types) }
            expect[column] = ColumnExpectation(
                type: type, min: rules.number("min"), max: rules.number("max"), missing: rules.share("missing"), allowed: rules.texts("allowed"),
                unique: rules.bool("unique"))
        }
        return DatasetDeclaration(
            name: name, path: file ?? "", time: section.text("time"), owner: section.text("owner") ?? owner,
            description: section.text("description"), expect: expect)
    }
}
