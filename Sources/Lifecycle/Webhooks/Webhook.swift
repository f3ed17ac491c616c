import TernKernel

/// An address that is told of changes in the registry.
package struct Webhook: Hashable, Sendable {
    package enum Status: String, Sendable {
        case active = "ACTIVE"
        case disabled = "DISABLED"
    }

    /// A UUID.
    package var id: String
    package var name: String
    package var url: String
    package var description: String?
    package var events: [WebhookEvent]
    package var status: Status
    /// Signs what is sent. It is never answered.
    package var secret: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
}

package struct WebhookDraft: Sendable {
    package var name: String
    package var url: String
    package var description: String?
    package var events: [WebhookEvent]
    package var status: Webhook.Status
    package var secret: String?

    package init(
        name: String, url: String, description: String? = nil, events: [WebhookEvent], status: Webhook.Status = .active, secret: String? = nil
    ) {
        self.name = name
        self.url = url
        self.description = description
        self.events = events
        self.status = status
        self.secret = secret
    }
}

/// What an update changes; nil leaves it.
package struct WebhookChange: Sendable {
    package var name: String?
    package var url: String?
    package var description: String?
    package var events: [WebhookEvent]?
    package var status: Webhook.Status?
    package var secret: String?

    package init() {}
}

/// What a webhook can be told of: an entity and what happened to it, as MLflow names them.
package struct WebhookEvent: Hashable, Sendable, CustomStringConvertible {
    package enum Entity: String, Sendable, CaseIterable {
        case registeredModel = "registered_model"
        case modelVersion = "model_version"
        case modelVersionTag = "model_version_tag"
        case modelVersionAlias = "model_version_alias"
        case prompt
        case promptVersion = "prompt_version"
        case promptTag = "prompt_tag"
        case promptVersionTag = "prompt_version_tag"
        case promptAlias = "prompt_alias"
        case budgetPolicy = "budget_policy"

        var actions: [Action] {
            switch self {
            case .registeredModel, .modelVersion, .prompt, .promptVersion: [.created]
            case .modelVersionTag, .promptTag, .promptVersionTag: [.deleted, .set]
            case .modelVersionAlias, .promptAlias: [.created, .deleted]
            case .budgetPolicy: [.exceeded]
            }
        }
    }

    package enum Action: String, Sendable, CaseIterable {
        case created, updated, deleted, set, exceeded
    }

    package let entity: Entity
    package let action: Action

    /// - Throws: `invalid_argument` when this never happens to such an entity.
    package init(_ entity: Entity, _ action: Action) throws {
        guard entity.actions.contains(action) else {
            let valid = entity.actions.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw TernError.invalid("Invalid action '\(action.rawValue)' for entity '\(entity.rawValue)'. Valid actions are: [\(valid)]")
        }
        self.entity = entity
        self.action = action
    }

    /// Reads `model_version.created`.
    package init?(_ text: String) {
        let parts = text.split(separator: ".").map(String.init)
        guard parts.count == 2, let entity = Entity(rawValue: parts[0]), let action = Action(rawValue: parts[1]),
            let event = try? WebhookEvent(entity, action)
        else { return nil }
        self = event
    }

    package var description: String { "\(entity.rawValue).\(action.rawValue)" }

    /// Each that there is.
    package static let all: [WebhookEvent] = Entity.allCases.flatMap { entity in entity.actions.compactMap { try? WebhookEvent(entity, $0) } }
}

/// One message to one webhook, and what became of it.
package struct WebhookDelivery: Hashable, Sendable {
    package enum State: String, Sendable {
        case pending, delivered, failed
        /// The webhook was disabled before it was sent.
        case skipped
    }

    package var number: Int64
    /// A UUID; the same each time this message is tried, so that whoever gets it twice can tell.
    package var id: String
    package var webhook: String
    package var event: String
    package var body: String
    package var state: State
    package var attempts: Int
    package var dueAt: Timestamp
    /// The HTTP status of the last attempt, and what was wrong with it.
    package var status: Int?
    package var problem: String?
    package var createdAt: Timestamp
    package var endedAt: Timestamp?
}
