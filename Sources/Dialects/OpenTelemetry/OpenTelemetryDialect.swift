import HTTPTypes
import Hummingbird
import NIOCore
import TernKernel
import TernWeb
import Traces

/// OTLP over HTTP: `POST /v1/traces`, where MLflow's client and every OpenTelemetry exporter send their spans.
package struct OpenTelemetryDialect: Sendable {
    let traces: TraceService

    package init(traces: TraceService) { self.traces = traces }

    /// How large a body may be, packed and unpacked.
    static let bodyLimit = 64 << 20

    package func mount(on router: TernRouter) {
        router.group("v1").add(middleware: ErrorMiddleware(render: OpenTelemetryDialect.render)).post("traces", use: export)
    }

    /// The experiment is named by the header `x-mlflow-experiment-id`; without one it is the default experiment.
    @Sendable private func export(_ request: Request, _ context: TernContext) async throws -> Response {
        try context.identity.require(.editor, to: "send spans")
        let type = request.headers[.contentType] ?? ""
        let media = type.prefix { $0 != ";" }.filter { $0 != " " }
        guard media == "application/x-protobuf" || media == "application/json" else {
            throw TernError.invalid("Invalid Content-Type: \(type.isEmpty ? "None" : type). Expected: application/x-protobuf or application/json")
        }
        let experiment = try OpenTelemetryDialect.experiment(request)
        let packed = [UInt8](try await request.bytes(upTo: OpenTelemetryDialect.bodyLimit).readableBytesView)
        let batches = try OpenTelemetryDialect.read(
            try OpenTelemetryDialect.unpack(packed, request.headers[.contentEncoding]), isJSON: media == "application/json")
        guard !batches.isEmpty else { throw TernError.invalid("Invalid OpenTelemetry format - no spans found") }
        let run = HTTPField.Name("x-mlflow-run-id").flatMap { request.headers[$0] }
        try await traces.log(batches, experiment: experiment, run: run)
        // An empty answer says that all of it was taken, in the language of the question.
        return media == "application/json"
            ? Response.json([:]) : Response(status: .ok, headers: [.contentType: "application/x-protobuf"])
    }

    private static func experiment(_ request: Request) throws -> Int64 {
        guard let header = HTTPField.Name("x-mlflow-experiment-id").flatMap({ request.headers[$0] }), !header.isEmpty else { return 0 }
        guard let id = Int64(header) else {
            throw TernError.invalid("Invalid experiment ID '\(header)'. Experiment ID must be a valid integer.")
        }
        return id
    }

    private static func unpack(_ bytes: [UInt8], _ encoding: String?) throws -> [UInt8] {
        switch encoding?.lowercased() {
        case nil, "", "identity": return bytes
        case "gzip": return try Inflate.gzip(bytes, limit: bodyLimit)
        case "deflate": return try Inflate.deflate(bytes, limit: bodyLimit)
        case .some(let other): throw TernError.invalid("Unsupported Content-Encoding: \(other)")
        }
    }

    private static func read(_ bytes: [UInt8], isJSON: Bool) throws -> [SpanBatch] {
        do {
            return isJSON ? try ExportRequest.batches(json: try JSON(parsing: bytes)) : try ExportRequest.batches(protobuf: bytes)
        } catch let error as TernError where error.code == .invalidArgument {
            throw TernError.invalid("Invalid OpenTelemetry format", details: ["reason": .string(error.message)])
        }
    }

    /// Faults of the request as MLflow's server tells them (`{"detail": …}`); those of the store in MLflow's own shape.
    static func render(_ error: TernError) -> Response {
        switch error.code {
        case .invalidArgument where !error.message.contains("xperiment"):
            let reason = error.details["reason"]?.stringValue.map { ": \($0)" } ?? ""
            return Response.json(["detail": .string(error.message + reason)], status: .badRequest)
        case .unprocessable: return Response.json(["detail": .string(error.message)], status: .unprocessableContent)
        default: return MLflowError.render(error)
        }
    }
}
