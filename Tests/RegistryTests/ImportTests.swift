import Foundation
import Synchronization
import TernKernel
import TernStore
import Testing

@testable import Registry

@Suite struct ImportTests {
    private let eve = RegistryFixture.eve

    /// Tracking with one run and one logged model, whose files are `files`.
    private func ports(_ files: [String] = [], told: Told = Told()) -> RegistryPorts {
        RegistryPorts(
            run: { id in
                guard id == "r1" else { return nil }
                return .init(
                    artifactURI: "mlflow-artifacts:/0/r1/artifacts", params: ["trees": "60"], tags: ["mlflow.source.git.commit": "abc"],
                    datasets: [.init(name: "market", version: 1, digest: "d1")])
            },
            loggedModel: { id in id == "m-1" ? .init(location: "mlflow-artifacts:/0/models/m-1/artifacts", runID: "r1") : nil },
            artifactFile: { _, _ in files.map { RegistryPorts.SourceFile(at: $0) } },
            loggedModelRegistered: { id, model, version in told.add("\(id) \(model) \(version)") })
    }

    private final class Told: Sendable {
        private let words = Mutex<[String]>([])
        func add(_ word: String) { words.withLock { $0.append(word) } }
        var all: [String] { words.withLock { $0 } }
    }

    /// A logged model as MLflow lays it out.
    private func logged(_ fixture: RegistryFixture, flavour: String = "onnx", file: String = "good.onnx") throws -> [String] {
        let folder = fixture.folder + "/logged"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let description =
            "artifact_path: x\nflavors:\n  \(flavour):\n    data: model.onnx\n    onnx_version: 1.19\n  python_function:\n    data: other\n"
        try description.write(toFile: folder + "/MLmodel", atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(atPath: RegistryFixture.path(file), toPath: folder + "/model.onnx")
        return [folder + "/MLmodel", folder + "/model.onnx", folder + "/requirements.txt"]
    }

    private func imported(
        _ fixture: RegistryFixture, _ ports: RegistryPorts, _ source: String, run: String? = nil, model: String? = nil, tags: [String: String] = [:]
    ) async throws -> ModelVersion {
        let room = RegistryRoom(
            database: fixture.database, blobs: fixture.blobs, tables: RegistryFixture.tables, engine: RegistryFixture.engine,
            folder: fixture.folder + "/staging", ports: ports)
        return try await room.service.importVersion(
            ImportRequest(model: "market", source: source, runID: run, modelID: model, tags: tags, by: eve))
    }

    @Test func `an ONNX model that a client logged is a version that can be served`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("market", by: eve)
            let told = Told()
            let ports = ports(try logged(fixture), told: told)
            let version = try await imported(fixture, ports, "models:/m-1", model: "m-1")
            #expect(version.status == .registered)
            #expect(version.location == "mlflow-artifacts:/0/models/m-1/artifacts")
            #expect(version.runID == "r1")
            #expect(version.lineage.codeCommit == "abc")
            #expect(version.lineage.params == ["trees": "60"])
            #expect(version.lineage.datasets.map(\.name) == ["market"])
            #expect(version.signature?.inputs.map(\.name) == ["x1", "x2"])
            #expect(try await fixture.service.file(model: "market", version: 1).isEmpty == false)
            #expect(told.all == ["m-1 market 1"])
            #expect(try await fixture.service.approve("market", 1, by: RegistryFixture.ann).status == .approved)
        }
    }

    @Test func `something else is kept as a record: no gate applies to it`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("market", by: eve)
            let version = try await imported(fixture, ports(try logged(fixture, flavour: "sklearn")), "runs:/r1/model", run: "r1")
            #expect(version.status == .registered)
            #expect(version.location == "mlflow-artifacts:/0/r1/artifacts/model")
            #expect(version.gates.map(\.verdict) == [.skipped])
            #expect(version.gates.first?.sentence == "No gate applies: not an ONNX model.")
            let error = await refusal { _ = try await fixture.service.file(model: "market", version: 1) }
            #expect(error?.code == .conflict)
        }
    }

    @Test func `where the model declares gates, something else is refused with that reason`() async throws {
        try await RegistryFixture.with { fixture in
            let version = try await imported(fixture, ports(try logged(fixture, flavour: "sklearn")), "runs:/r1/model", run: "r1")
            #expect(version.status == .refused)
            #expect(version.statusReason?.contains("not an ONNX model") == true)
            let error = await refusal { try await fixture.service.approve("market", 1, by: RegistryFixture.ann) }
            #expect(error?.code == .gateRefused)
        }
    }

    @Test func `a truncated ONNX file makes a version that cannot be served, and says why`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("market", by: eve)
            let files = try logged(fixture)
            let whole = try #require(FileManager.default.contents(atPath: files[1]))
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: files[1]))
            let version = try await imported(fixture, ports(files), "models:/m-1", model: "m-1")
            #expect(version.digest == nil)
            #expect(version.statusReason?.contains("cannot be loaded") == true || version.statusReason?.contains("can be loaded") == true)
            #expect(fixture.storedFiles().isEmpty)
        }
    }

    @Test(
        arguments: [
            ("runs:/other/model", "r1", nil), ("runs:/r1/model", nil, nil), ("models:/m-1", "r1", nil), ("models:/m-1", nil, "m-2"),
            ("mlflow-artifacts:/0/other/artifacts/model", "r1", nil), ("mlflow-artifacts:/0/r1/artifacts/../../x", "r1", nil),
            ("mlflow-artifacts:/0/models/m-2/artifacts", nil, "m-1"), ("/etc/passwd", "r1", nil), ("file:///etc/passwd", nil, nil),
            ("s3://b", nil, nil),
            ("runs:/r1/model", nil, "m-1"), ("models:/nobody/1", nil, nil), ("http://h/api/2.0/mlflow-artifacts/artifacts/0/r1/artifacts", "r1", nil),
        ] as [(String, String?, String?)]) func `a source must belong to what the request names`(source: String, run: String?, model: String?)
        async throws
    {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("market", by: eve)
            let error = await refusal { _ = try await imported(fixture, ports(), source, run: run, model: model) }
            #expect(error?.code == .invalidArgument || error?.code == .notFound, "\(source)")
            #expect(try await fixture.service.versions("market").isEmpty)
        }
    }

    @Test func `a version can be made from another version`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("market", by: eve)
            let ports = ports(try logged(fixture))
            _ = try await imported(fixture, ports, "models:/m-1", model: "m-1")
            try await fixture.service.setAlias("best", of: "market", to: 1, by: eve)
            let copy = try await imported(fixture, ports, "models:/market@best")
            #expect(copy.source == "models:/market/1")
            #expect(copy.location == "mlflow-artifacts:/0/models/m-1/artifacts")
            #expect(copy.runID == "r1")
            let mismatch = await refusal { _ = try await imported(fixture, ports, "models:/market/1", run: "r9") }
            #expect(mismatch?.message.contains("must match the referenced model version") == true)
        }
    }

    @Test func `prompts are kept beside models and have no files`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            _ = try await fixture.service.createModel("market", tags: [RegistryQuery.promptTag: "true"], by: eve)
            let version = try await imported(fixture, ports(), "prompt-template", tags: [RegistryQuery.promptTag: "true"])
            #expect(version.status == .registered)
            #expect(version.gates.isEmpty)
        }
    }

    @Test func `the data of the onnx flavour is found, and no other's`() async throws {
        #expect(ModelDescription("flavors:\n  onnx:\n    data: a/model.onnx\n").onnxFile == "a/model.onnx")
        #expect(ModelDescription("flavors:\n  python_function:\n    data: model.pkl\n  onnx:\n    data: 'm.onnx'\n").onnxFile == "m.onnx")
        #expect(ModelDescription("flavors:\n  sklearn:\n    data: model.onnx\n").onnxFile == nil)
        #expect(ModelDescription("other:\n  onnx:\n    data: model.onnx\n").onnxFile == nil)
        func found(_ paths: [String]) async throws -> String? {
            try await LoggedModelFiles(paths.map { RegistryPorts.SourceFile(at: $0) }, scratch: "/none").onnx?.path
        }
        #expect(try await found(["/a/model.onnx"]) == "/a/model.onnx")
        #expect(try await found(["/a/one.onnx", "/a/two.onnx"]) == nil)
    }
}
