import Hummingbird
import TernKernel
import TernWeb
import Tracking

extension MLflowDialect {
    /// What the client asks about the server before it does anything else.
    func mountServer(on routes: inout MLflowRoutes) {
        let artifacts = artifacts
        routes.get("server-info") { _ in
            // Whether parts are to be asked for: where their bytes need not pass this server. To and from its own disk one piece is three times as
            // fast (docs/storage.md), and parts are there for a client that insists.
            [
                "store_type": "SqlStore", "workspaces_enabled": false, "multipart_uploads_enabled": .bool(artifacts.hasForeignLinks),
                "multipart_downloads_enabled": .bool(artifacts.hasForeignLinks), "artifacts_presigned_only": false,
                "presigned_upload_run_id_supported": .bool(artifacts.allowsLinks),
                "presigned_upload_model_id_supported": .bool(artifacts.allowsLinks), "artifact_serving_enabled": true,
                "features_enabled": ["gateway": false],
            ]
        }
        mountArtifactLists(on: &routes)
        mountArtifactLinks(on: &routes)
        mountArtifactFiles(on: &routes)
    }

    /// `GET /version` and `GET /health`, in plain text at the root.
    func mountProbes(on router: TernRouter) {
        router.get("version") { _, _ in Response.text(MLflowDialect.version) }
        router.get("health") { _, _ in Response.text("OK") }
    }
}
