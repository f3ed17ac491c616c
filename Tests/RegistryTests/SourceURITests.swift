import TernKernel
import Testing

@testable import Registry

@Suite struct SourceURITests {
    @Test func `sources are taken apart as MLflow does`() {
        #expect(SourceURI("models:/m-123").loggedModel == "m-123")
        #expect(SourceURI("models:/market/3").reference == .version("market", "3"))
        #expect(SourceURI("models:/market@champion").reference == .alias("market", "champion"))
        #expect(SourceURI("runs:/abc/model/x").run?.path == "model/x")
        #expect(SourceURI("/tmp/x").isLocal)
        #expect(SourceURI("file:///tmp/x").isLocal)
        #expect(!SourceURI("s3://bucket/x").isLocal)
        #expect(SourceURI("http://h:5000/api/2.0/mlflow-artifacts/artifacts/1/x").isProxied)
    }

    @Test(arguments: [
        "s3://bucket", "mlflow-artifacts:/1/../2", "mlflow-artifacts:/1/%2e%2e/2", "mlflow-artifacts:/1/%252e%252e/2", "s3://b/x/./y",
        "mlflow-artifacts://host:port/..%2f..%2f", "http://host/a%00b", "runs:", "dbfs:x/y",
    ]) func `a path that is no path, or climbs, is refused`(source: String) {
        #expect(throws: TernError.self) { try SourceURI(source).checkPath() }
    }

    @Test(arguments: ["s3://bucket/x", "models:/m-123", "runs:/abc/model", "mlflow-artifacts:/1/abc/artifacts/model", "gs://b/x/"])
    func `an absolute path is fine`(source: String) throws { try SourceURI(source).checkPath() }

    @Test func `below means whole segments`() {
        let root = SourceURI("mlflow-artifacts:/1/run/artifacts")
        #expect(SourceURI("mlflow-artifacts:/1/run/artifacts/model").lies(below: root))
        #expect(!SourceURI("mlflow-artifacts:/1/run/artifacts2").lies(below: root))
        #expect(!SourceURI("mlflow-artifacts://other/1/run/artifacts/model").lies(below: root))
        #expect(!SourceURI("s3:/1/run/artifacts/model").lies(below: root))
    }
}
