import HTTPTypes
import Hummingbird
import TernKernel
import TernWeb

/// MLflow's error shape: `{"error_code", "message", "sqlstate", "error_class"}`, with the status that its own server gives each code.
package enum MLflowError {
    package static func render(_ error: TernError) -> Response {
        let (name, status) = codeAndStatus(error.code)
        var fields: [String: JSON] = ["error_code": .string(name), "message": .string(error.description)]
        if let (state, kind) = classes[name] {
            fields["sqlstate"] = .string(state)
            fields["error_class"] = .string(kind)
        }
        return Response.json(.object(fields), status: status)
    }

    /// What MLflow 3.17 adds to the codes it classifies. Source: mlflow/error_classification.py.
    private static let classes: [String: (state: String, kind: String)] = [
        "BAD_REQUEST": ("KAM00", "INVALID_PARAMETER_VALUE"), "ENDPOINT_NOT_FOUND": ("KAM00", "RESOURCE_NOT_FOUND"),
        "FEATURE_DISABLED": ("KAM00", "FEATURE_DISABLED"), "INTERNAL_ERROR": ("XXM00", "CLIENT_INTERNAL_ERROR"),
        "INVALID_PARAMETER_VALUE": ("KAM00", "INVALID_PARAMETER_VALUE"), "PERMISSION_DENIED": ("KAM00", "PERMISSION_DENIED"),
        "RESOURCE_ALREADY_EXISTS": ("KAM00", "RESOURCE_ALREADY_EXISTS"), "RESOURCE_DOES_NOT_EXIST": ("KAM00", "RESOURCE_NOT_FOUND"),
        "TEMPORARILY_UNAVAILABLE": ("XXM00", "CLIENT_INTERNAL_ERROR"),
    ]

    /// The code and status for each kind of failure.
    ///
    /// Two differ from MLflow's table on purpose, because its client repeats 429 for four minutes before it shows anything: a full
    /// disk answers 507, and a refused gate 409.
    static func codeAndStatus(_ code: TernError.Code) -> (name: String, status: HTTPResponse.Status) {
        switch code {
        case .invalidArgument: ("INVALID_PARAMETER_VALUE", .badRequest)
        case .notFound: ("RESOURCE_DOES_NOT_EXIST", .notFound)
        case .endpointNotFound: ("ENDPOINT_NOT_FOUND", .notFound)
        case .alreadyExists: ("RESOURCE_ALREADY_EXISTS", .badRequest)
        case .conflict, .gateRefused: ("RESOURCE_CONFLICT", .conflict)
        case .badRequest: ("BAD_REQUEST", .badRequest)
        case .unauthenticated: ("UNAUTHENTICATED", .unauthorized)
        case .notAllowed: ("PERMISSION_DENIED", .forbidden)
        case .tooLarge: ("INVALID_PARAMETER_VALUE", .contentTooLarge)
        case .resourceExhausted: ("RESOURCE_EXHAUSTED", TernError.Code.resourceExhausted.status)
        case .unavailable: ("TEMPORARILY_UNAVAILABLE", .serviceUnavailable)
        case .timeout: ("DEADLINE_EXCEEDED", .gatewayTimeout)
        case .cancelled: ("CANCELLED", TernError.Code.cancelled.status)
        case .notImplemented: ("NOT_IMPLEMENTED", .notImplemented)
        case .dataLoss: ("DATA_LOSS", .internalServerError)
        case .featureDisabled: ("FEATURE_DISABLED", .internalServerError)
        default: ("INTERNAL_ERROR", .internalServerError)
        }
    }
}

extension TernError.Code {
    /// MLflow's own codes that no other door needs.
    static let endpointNotFound = TernError.Code("mlflow_endpoint_not_found")
    static let badRequest = TernError.Code("mlflow_bad_request")
    static let featureDisabled = TernError.Code("mlflow_feature_disabled")
}
