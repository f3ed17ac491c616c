import Hummingbird
import TernKernel
import TernWeb

extension MLflowDialect {
    /// What the client asks about the server before it does anything else.
    func mountServer(on routes: inout MLflowRoutes) {
        routes.get("server-info") { _ in
            [
                "store_type": "SqlStore", "workspaces_enabled": false, "multipart_uploads_enabled": false, "multipart_downloads_enabled": false,
                "artifacts_presigned_only": false, "artifact_serving_enabled": true, "features_enabled": ["gateway": false],
            ]
        }
        mountArtifactLists(on: &routes)
    }

    /// `GET /version` and `GET /health`, in plain text at the root.
    func mountProbes(on router: TernRouter) {
        router.get("version") { _, _ in Response.text(MLflowDialect.version) }
        router.get("health") { _, _ in Response.text("OK") }
    }
}
