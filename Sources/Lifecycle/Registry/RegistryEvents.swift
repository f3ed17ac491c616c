import TernKernel
import TernStore

/// What the ledger says of changes that others are told of (webhooks): enough to tell them without asking again.
extension LedgerEvent {
    static func tagSet(_ kind: String, _ key: String, _ value: String, on subject: String, of model: RegisteredModel, by identity: Identity) -> Self {
        LedgerEvent(kind, subject: subject, by: identity.name, data: JSON(["key": .string(key), "value": .string(value)], about: model))
    }

    static func tagRemoved(_ kind: String, _ key: String, on subject: String, of model: RegisteredModel, by identity: Identity) -> Self {
        LedgerEvent(kind, subject: subject, by: identity.name, data: JSON(["key": .string(key)], about: model))
    }
}

extension JSON {
    /// Facts about a model; a prompt is kept as a model, and its entries say that it is one.
    init(_ facts: [String: JSON], about model: RegisteredModel) { self = JSON.object(facts).adding(JSON.prompt(model.tags)) }

    /// How something that is new is described and tagged. `owner` are its model's tags.
    static func facts(_ description: String?, _ tags: [String: String], of owner: [String: String]) -> JSON {
        JSON.object(["description": JSON(description), "tags": .object(tags.mapValues(JSON.string))]).adding(prompt(owner))
    }

    private static func prompt(_ tags: [String: String]) -> [String: JSON] {
        tags[RegistryQuery.promptTag]?.lowercased() == "true" ? ["prompt": true] : [:]
    }

    /// This object with more fields.
    func adding(_ fields: [String: JSON]) -> JSON { .object((objectValue ?? [:]).merging(fields) { $1 }) }
}
