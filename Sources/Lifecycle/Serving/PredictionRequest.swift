import TernInference
import TernKernel
import TernLog

/// A request as every dialect hands it over.
package struct PredictionRequest: Sendable {
    /// An endpoint, or a registered model when no endpoint has that name and `version` is given.
    package var endpoint: String
    /// Asks one variant by its model version instead of being routed.
    package var version: Int?
    package var inputs: [Tensor]
    /// The outputs that are wanted; nil means all.
    package var outputs: [String]?
    /// Requests with the same key go to the same variant; by default each goes its own way.
    package var routingKey: String?
    package var requestID: String?

    package init(
        endpoint: String, version: Int? = nil, inputs: [Tensor], outputs: [String]? = nil, routingKey: String? = nil, requestID: String? = nil
    ) {
        self.endpoint = endpoint
        self.version = version
        self.inputs = inputs
        self.outputs = outputs
        self.routingKey = routingKey
        self.requestID = requestID
    }
}

package struct PredictionAnswer: Sendable {
    package var outputs: [Tensor]
    package var variant: VariantReference
    /// By which feedback finds it; nil when the answer could not be logged or was asked of a model that is behind no endpoint.
    package var prediction: PredictionID?

    package init(outputs: [Tensor], variant: VariantReference, prediction: PredictionID?) {
        self.outputs = outputs
        self.variant = variant
        self.prediction = prediction
    }
}
