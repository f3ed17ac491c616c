import Monitoring
import Policies
import Releases
import TernKernel
import Yams

extension ProjectReader {
    struct Endpoint {
        var declaration: EndpointDeclaration
        var monitors: MonitorDeclaration
        var policy: PolicyDeclaration
    }

    func readEndpoint(_ name: String, _ node: Node, owner: String, webhooks: [String]) -> Endpoint? {
        let path = "endpoints.\(name)"
        let known = ["model", "owner", "event_time", "follow", "release", "monitors", "on", "cooldown", "budget"]
        guard let section = Section(node, path: path, known: known, problems: problems) else { return nil }
        let owner = section.text("owner") ?? owner
        let declaration = EndpointDeclaration(
            name: name, model: section.required("model", example: "my-model") ?? "", owner: owner, eventTime: section.text("event_time"),
            follow: section.bool("follow") ?? true, release: readRelease(section))
        return Endpoint(
            declaration: declaration, monitors: readMonitors(section, endpoint: name, owner: owner),
            policy: readPolicy(section, endpoint: name, owner: owner, webhooks: webhooks))
    }

    // MARK: Release

    private func readRelease(_ endpoint: Section) -> ReleasePlan {
        let known = ["strategy", "steps", "every", "minimum_rows", "guard"]
        guard let section = endpoint.section("release", known: known) else { return ReleasePlan() }
        var plan = ReleasePlan()
        if let text = section.text("strategy") {
            if let strategy = ReleasePlan.Strategy(rawValue: text) {
                plan.strategy = strategy
            } else {
                problems.add(
                    "no such strategy: '\(text)'", at: section["strategy"]?.mark, nearest: text, in: ReleasePlan.Strategy.allCases.map(\.rawValue))
            }
        }
        let steps = list(section, "steps").compactMap { node -> Double? in
            guard let share = Section.share(node), share > 0, share <= 1 else {
                problems.add("a step must be a share above 0, such as 25%\(Section.found(node))", at: node.mark)
                return nil
            }
            return share
        }
        if !steps.isEmpty {
            if zip(steps, steps.dropFirst()).contains(where: { $0 >= $1 }) { problems.add("the steps must grow", at: section["steps"]?.mark) }
            plan.steps = steps
        }
        if let every = section.period("every") { plan.every = every }
        if let rows = section.whole("minimum_rows", in: 1...1_000_000_000) { plan.minimumRows = rows }
        if let limits = section.section("guard", known: ["errors", "latency_p99", "accuracy_drop"]) {
            plan.guard = ReleaseGuard(
                errors: limits.share("errors"), latencyP99: limits.period("latency_p99"), accuracyDrop: limits.share("accuracy_drop"))
        }
        return plan
    }

    // MARK: Monitors

    private func readMonitors(_ endpoint: Section, endpoint name: String, owner: String) -> MonitorDeclaration {
        var monitors = MonitorDeclaration(endpoint: name, owner: owner)
        guard let section = endpoint.section("monitors", known: ["drift", "quality", "health"]) else { return monitors }
        if let drift = section.section("drift", known: ["window", "windows", "method", "threshold", "columns"]) {
            let methods = ["ks", "psi", "jensenshannon", "wasserstein", "kl_div", "hellinger", "chisquare", "z", "t_test", "mannw"]
            let method = drift.text("method")
            if let method, !methods.contains(method) {
                problems.add("no such drift method: '\(method)'", at: drift["method"]?.mark, nearest: method, in: methods)
            }
            if drift["window"] == nil { drift.missing("window", "1d") }
            monitors.drift = DriftMonitor(
                window: positive(drift, "window") ?? .days(1), windows: drift.whole("windows", in: 1...1000) ?? 1, method: method,
                threshold: drift.number("threshold"), columns: drift.texts("columns"))
        }
        if let quality = section.section("quality", known: ["metric", "at_least", "labels_within", "window", "windows"]) {
            let metric = quality.required("metric", example: "f1") ?? "f1"
            let floors = ["accuracy", "precision", "recall", "f1", "roc_auc", "r2"]
            if !floors.contains(metric) {
                problems.add("a floor cannot be asked of '\(metric)'", at: quality["metric"]?.mark, nearest: metric, in: floors)
            }
            if quality["at_least"] == nil { quality.missing("at_least", "0.7") }
            if quality["labels_within"] == nil { quality.missing("labels_within", "2d") }
            monitors.quality = QualityMonitor(
                metric: metric, atLeast: quality.number("at_least") ?? 0, labelsWithin: quality.period("labels_within") ?? .zero,
                window: positive(quality, "window") ?? .days(7), windows: quality.whole("windows", in: 1...1000) ?? 1)
        }
        if let health = section.section("health", known: ["missing", "stale"]) {
            monitors.health = HealthMonitor(missing: health.share("missing"), stale: health.period("stale"))
        }
        return monitors
    }

    private func positive(_ section: Section, _ key: String) -> Period? {
        guard let period = section.period(key) else { return nil }
        if period <= .zero { problems.add("'\(section.path).\(key)' must be longer than nothing", at: section[key]?.mark) }
        return period
    }

    // MARK: Policy

    private func readPolicy(_ section: Section, endpoint name: String, owner: String, webhooks: [String]) -> PolicyDeclaration {
        var policy = PolicyDeclaration(endpoint: name, owner: owner, webhooks: webhooks)
        if let cooldown = section.period("cooldown") { policy.cooldown = cooldown }
        if let budget = section.section("budget", known: ["retrainings", "per"]) {
            if budget["retrainings"] == nil { budget.missing("retrainings", "12") }
            policy.budget = RetrainingBudget(
                retrainings: budget.whole("retrainings", in: 0...100_000) ?? 0, per: positive(budget, "per") ?? .days(365))
        }
        let events = ["drift", "prediction_drift", "quality", "health", "guard"]
        for (event, _, value) in section.section("on", known: events)?.entries ?? [] where events.contains(event) {
            if event == "guard" {
                // Guards always roll back: a release that failed one cannot go on.
                if value.scalar?.string != "rollback" { problems.add("a guard's only action is rollback", at: value.mark) }
                continue
            }
            let nodes: [Node] = if case .sequence(let sequence) = value { Array(sequence) } else { [value] }
            policy.on[event] = nodes.compactMap { readAction($0, path: "\(section.path).on.\(event)") }
        }
        return policy
    }

    private func readAction(_ node: Node, path: String) -> PolicyAction? {
        if let word = node.scalar?.string {
            switch word {
            case "alert": return .alert
            case "rollback": return .rollback
            default:
                problems.add("no such action: '\(word)'", at: node.mark, nearest: word, in: ["alert", "rollback", "retrain"])
                return nil
            }
        }
        guard let section = Section(node, path: path, known: ["retrain", "dataset", "last"], problems: problems) else { return nil }
        let pipeline = section.required("retrain", example: "train")
        let dataset = section.required("dataset", example: "market")
        if section["last"] == nil { section.missing("last", "90d") }
        guard let pipeline, let dataset, let last = positive(section, "last") else { return nil }
        return .retrain(pipeline: pipeline, dataset: dataset, last: last)
    }
}
