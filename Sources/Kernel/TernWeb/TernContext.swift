import Hummingbird
import TernKernel

/// What a request carries through the middleware: who asks.
package struct TernContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Set by the authentication middleware; without one, a request is anonymous and may only look.
    package var identity = Identity(name: "anonymous", role: .viewer)

    package init(source: Source) { coreContext = .init(source: source) }

    /// The largest body a JSON route reads; larger ones are refused with 413.
    package var maxUploadSize: Int { TernContext.bodyLimit }

    package static let bodyLimit = 32 << 20
}

/// Where rooms hang their routes.
package typealias TernRouter = Router<TernContext>
package typealias TernRouterGroup = RouterGroup<TernContext>
