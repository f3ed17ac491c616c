import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import TernKernel
import TernLog
import TernWeb

/// MLflow's scoring protocol, as `mlflow models serve` speaks it: for clients that post rows by column name.
package struct InvocationsDialect: Sendable {
    private let service: PredictionService
    private let version: String

    /// - Parameter version: the MLflow whose protocol this is.
    package init(service: PredictionService, version: String = "3.17.2") {
        self.service = service
        self.version = version
    }

    /// `/health` and `/version`, which MLflow's tracking server has too: only where that dialect is not mounted on the same router.
    package func mountServerRoutes(on router: TernRouter) {
        router.get("health") { _, _ in Response.text("OK") }
        router.get("version") { [version] _, _ in Response.text(version) }
    }

    package func mount(on router: TernRouter) {
        router.get("ping") { _, _ in Response.text("\n", type: "application/json") }
        let group = router.group("").add(middleware: ErrorMiddleware(render: InvocationsDialect.render))
        group.post("invocations") { request, context in
            let names = service.endpointNames
            guard let only = names.first, names.count == 1 else {
                throw TernError.invalid(
                    names.isEmpty ? "there is no endpoint yet" : "there are \(names.count) endpoints, and /invocations does not say which",
                    hint: "post to /endpoints/NAME/invocations\(names.isEmpty ? "" : ", NAME one of \(names.joined(separator: ", "))")")
            }
            return try await invoke(only, request)
        }
        group.post("endpoints/:name/invocations") { request, context in try await invoke(try context.path("name"), request) }
        for path in ["invocations", "endpoints/:name/invocations"] {
            group.get(RouterPath(path)) { _, _ in
                let body: JSON = ["detail": "Method Not Allowed"]
                var response = Response.json(body, status: .methodNotAllowed)
                response.headers[.allow] = "POST"
                return response
            }
        }
    }

    private func invoke(_ endpoint: String, _ request: Request) async throws -> Response {
        let type = (request.headers[.contentType] ?? "application/json").split(separator: ";").first.map { $0.lowercased().trimming() } ?? ""
        guard ["application/json", "text/csv"].contains(type) else {
            return Response.text(
                "This predictor only supports the following content types: Types: ['text/csv', 'application/json']. Got '\(type)'.",
                status: .unsupportedMediaType)
        }
        let model = try await service.describe(endpoint)
        let body = try await request.bytes()
        let table = type == "text/csv" ? try ScoringTable(csv: String(buffer: body)) : try ScoringTable(json: InvocationsDialect.parse(body))
        let answer = try await service.predict(
            PredictionRequest(
                endpoint: endpoint, inputs: try ScoringTensors(model: model).tensors(table),
                routingKey: InferHeader.get(request.headers, InferHeader.routingKey)))
        var response = Response.json(ScoringAnswer.json(answer))
        if let prediction = answer.prediction { InferHeader.set(&response.headers, InferHeader.prediction, prediction.description) }
        InferHeader.set(&response.headers, InferHeader.variant, answer.variant.name)
        return response
    }

    private static func parse(_ body: ByteBuffer) throws -> JSON {
        do {
            return try JSON(parsing: body.readableBytesView)
        } catch {
            throw TernError.invalid("Invalid input. Ensure that input is a valid JSON formatted string. Error: '\(TernError.wrap(error).message)'")
        }
    }

    /// MLflow's error body.
    private static func render(_ error: TernError) -> Response {
        let isSchema = error.code == ScoringTensors.schema
        let status = isSchema ? .badRequest : error.code.status
        let code =
            switch error.code {
            case ScoringTensors.schema: "INVALID_PARAMETER_VALUE"
            case .invalidArgument, .tooLarge: "BAD_REQUEST"
            case .notFound: "RESOURCE_DOES_NOT_EXIST"
            case .notAllowed, .unauthenticated: "PERMISSION_DENIED"
            case .unavailable: "TEMPORARILY_UNAVAILABLE"
            default: "INTERNAL_ERROR"
            }
        let body: JSON = [
            "error_code": .string(code), "message": .string(error.hint.map { "\(error.message) (\($0))" } ?? error.message),
            "sqlstate": isSchema ? "KAM01" : "KAM00", "error_class": isSchema ? "SCHEMA_ENFORCEMENT_FAILED" : "INVALID_PARAMETER_VALUE",
        ]
        return Response.json(body, status: status)
    }
}

extension String {
    fileprivate func trimming() -> String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
