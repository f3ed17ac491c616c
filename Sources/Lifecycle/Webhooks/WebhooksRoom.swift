import Logging
import TernKernel
import TernStore
import TernWeb

/// What the server sees of Webhooks.
package struct WebhooksRoom: Sendable {
    package let service: WebhookService
    package let dispatcher: WebhookDispatcher

    package init(database: Database, rules: WebhookRules, logger: Logger, clock: WallClock = .system) {
        let sender = WebhookSender(rules: rules)
        service = WebhookService(database: database, rules: rules, send: { try await sender.send($0) }, clock: clock)
        dispatcher = WebhookDispatcher(database: database, logger: logger, clock: clock, send: { try await sender.send($0) })
    }

    package static let migrations: [Migration] = WebhooksMigrations.all

    package func mount(on router: TernRouterGroup) { WebhookRoutes(service: service).mount(on: router) }
}
