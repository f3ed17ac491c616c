import Hummingbird
import TernKernel
import TernWeb

/// Gives refusals that come before MLflow's routes (no token, a foreign origin) the shape that its client reads. Other paths are left alone.
package struct MLflowErrorMiddleware: RouterMiddleware {
    package typealias Context = TernContext

    package init() {}

    package func handle(
        _ request: Request, context: TernContext, next: (Request, TernContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        let doors = ["/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/", "/v1/traces", "/get-artifact", "/version"]
        guard doors.contains(where: path.hasPrefix) else { return try await next(request, context) }
        return try await ErrorMiddleware(render: MLflowError.render).handle(request, context: context, next: next)
    }
}
