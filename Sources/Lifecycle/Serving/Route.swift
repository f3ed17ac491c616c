import TernKernel
import TernLog

/// Who answers one request, and who only looks on. Made by Releases, swapped whole when a release moves.
package struct Route: Hashable, Sendable {
    package var answering: VariantReference
    /// Answers instead when a canary that was to answer fails; nil when `answering` is the primary itself.
    package var fallback: VariantReference?
    package var shadows: [VariantReference]
    /// The input that carries each row's time, taken out before the model runs.
    package var eventTime: String?

    package init(answering: VariantReference, fallback: VariantReference? = nil, shadows: [VariantReference] = [], eventTime: String? = nil) {
        self.answering = answering
        self.fallback = fallback
        self.shadows = shadows
        self.eventTime = eventTime
    }
}

/// An endpoint as clients may see it.
package struct ServedEndpoint: Hashable, Sendable {
    package var name: String
    /// Nil while nothing was released yet.
    package var primary: VariantReference?
    /// All variants that a route may name: the primary first, canary, shadows.
    package var variants: [VariantReference]
    /// Kept loaded beside them, so that a rollback is at once.
    package var standby: [VariantReference]
    package var eventTime: String?

    package init(
        name: String, primary: VariantReference?, variants: [VariantReference], standby: [VariantReference] = [], eventTime: String? = nil
    ) {
        self.name = name
        self.primary = primary
        self.variants = variants
        self.standby = standby
        self.eventTime = eventTime
    }
}

/// What Serving needs from the other rooms.
package struct ServingPorts: Sendable {
    /// Who answers the request with this routing key. Called once a request: an atomic read.
    ///
    /// `not_found` for an unknown endpoint, `unavailable` for one that nothing was released to.
    package var route: @Sendable (_ endpoint: String, _ key: String) throws -> Route
    /// An endpoint by name; nil when there is none.
    package var endpoint: @Sendable (_ name: String) -> ServedEndpoint?
    package var endpoints: @Sendable () -> [ServedEndpoint]
    /// The ONNX file of a model version; `not_found`.
    package var modelFile: @Sendable (_ model: String, _ version: Int) async throws -> String

    package init(
        route: @escaping @Sendable (String, String) throws -> Route, endpoint: @escaping @Sendable (String) -> ServedEndpoint?,
        endpoints: @escaping @Sendable () -> [ServedEndpoint], modelFile: @escaping @Sendable (String, Int) async throws -> String
    ) {
        self.route = route
        self.endpoint = endpoint
        self.endpoints = endpoints
        self.modelFile = modelFile
    }
}
