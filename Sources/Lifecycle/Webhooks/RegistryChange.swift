import TernKernel
import TernStore

/// What an entry of the ledger means to webhooks: the event, and the data that MLflow sends with it.
struct RegistryChange {
    let event: WebhookEvent
    let data: JSON

    private static let promptTags: Set<String> = ["mlflow.prompt.is_prompt", "_mlflow_prompt_type", "mlflow.prompt.text"]

    /// Nil for entries that no webhook is told of.
    init?(_ entry: LedgerEntry) {
        let place = entry.subject.split(separator: "/").map(String.init)
        guard place.first == "model", place.count >= 2 else { return nil }
        let name = JSON.string(place[1])
        let version: JSON? = place.count > 2 ? .string(place[2]) : nil
        let isPrompt = entry.data["prompt"]?.boolValue ?? false
        func field(_ key: String) -> JSON { entry.data[key] ?? .null }
        func event(_ model: String, _ prompt: String) -> WebhookEvent? { WebhookEvent(isPrompt ? prompt : model) }

        let found: (WebhookEvent?, JSON)
        switch (entry.kind, version) {
        case ("model.created", _):
            found = (
                event("registered_model.created", "prompt.created"),
                ["name": name, "tags": RegistryChange.tags(entry.data, isPrompt), "description": field("description")]
            )
        case ("model.version.registered", let version?):
            var data: [String: JSON] = [
                "name": name, "version": version, "tags": RegistryChange.tags(entry.data, isPrompt), "description": field("description"),
            ]
            if isPrompt {
                data["template"] = entry.data["tags"]?["mlflow.prompt.text"] ?? .null
            } else {
                data["source"] = field("source")
                data["run_id"] = field("run")
            }
            found = (event("model_version.created", "prompt_version.created"), .object(data))
        case ("model.tag.set", _):
            found = (isPrompt ? WebhookEvent("prompt_tag.set") : nil, ["name": name, "key": field("key"), "value": field("value")])
        case ("model.tag.removed", _): found = (isPrompt ? WebhookEvent("prompt_tag.deleted") : nil, ["name": name, "key": field("key")])
        case ("model.version.tag.set", let version?):
            found = (
                event("model_version_tag.set", "prompt_version_tag.set"),
                ["name": name, "version": version, "key": field("key"), "value": field("value")]
            )
        case ("model.version.tag.removed", let version?):
            found = (event("model_version_tag.deleted", "prompt_version_tag.deleted"), ["name": name, "version": version, "key": field("key")])
        case ("model.alias.set", let version?):
            found = (event("model_version_alias.created", "prompt_alias.created"), ["name": name, "alias": field("alias"), "version": version])
        case ("model.alias.removed", _):
            found = (event("model_version_alias.deleted", "prompt_alias.deleted"), ["name": name, "alias": field("alias")])
        default: return nil
        }
        guard let known = found.0 else { return nil }
        self.event = known
        data = found.1
    }

    private static func tags(_ data: JSON, _ isPrompt: Bool) -> JSON {
        let tags = data["tags"]?.objectValue ?? [:]
        return .object(isPrompt ? tags.filter { !promptTags.contains($0.key) } : tags)
    }
}

extension WebhookEvent {
    /// What a test sends: data as a real event would have, under names that are nobody's.
    package var example: JSON {
        let isPrompt = entity.rawValue.hasPrefix("prompt")
        let name: JSON = isPrompt ? "example_prompt" : "example_model"
        let tags: JSON = ["example_key": "example_value"]
        switch (entity, action) {
        case (.registeredModel, _): return ["name": name, "tags": tags, "description": "An example registered model"]
        case (.prompt, _): return ["name": name, "tags": tags, "description": "An example prompt"]
        case (.modelVersion, _):
            return [
                "name": name, "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678", "tags": tags,
                "description": "An example model version",
            ]
        case (.promptVersion, _):
            return ["name": name, "version": "1", "template": "Hello {{name}}!", "tags": tags, "description": "An example prompt version"]
        case (.modelVersionTag, .set), (.promptVersionTag, .set):
            return ["name": name, "version": "1", "key": "example_key", "value": "example_value"]
        case (.modelVersionTag, _), (.promptVersionTag, _): return ["name": name, "version": "1", "key": "example_key"]
        case (.promptTag, .set): return ["name": name, "key": "example_key", "value": "example_value"]
        case (.promptTag, _): return ["name": name, "key": "example_key"]
        case (.modelVersionAlias, .created), (.promptAlias, .created): return ["name": name, "alias": "example_alias", "version": "1"]
        case (.modelVersionAlias, _), (.promptAlias, _): return ["name": name, "alias": "example_alias"]
        case (.budgetPolicy, _):
            return [
                "budget_policy_id": "bp-abc123", "budget_unit": "USD", "budget_amount": 100.0, "current_spend": 105.5, "duration_unit": "MONTHS",
                "duration_value": 1, "target_scope": "ENDPOINT", "workspace": "default", "target_value": "ep-abc123",
                "window_start": 1_704_067_200_000,
            ]
        }
    }

    /// The whole body of a message: what happened, when, and its data.
    func body(_ data: JSON, at time: Timestamp) -> String {
        let moment = time.description.dropLast() + "+00:00"
        return JSON.object([
            "entity": .string(entity.rawValue), "action": .string(action.rawValue), "timestamp": .string(String(moment)), "data": data,
        ]).description
    }
}
