import Foundation
import TernKernel
import TernStats
import TernStore
import TernTestSupport
import Testing

@testable import Registry

@Suite struct RegistrationTests {
    @Test func `a good model is registered, measured, and waits for approval`() async throws {
        try await RegistryFixture.with { fixture in
            let lineage = Lineage(
                run: "r1", pipelineRun: "p1", step: "publish", codeCommit: "abc", codeClean: true, environment: "lock",
                datasets: [.init(name: "market", version: 2, digest: "d2")], params: ["trees": 60])
            let version = try await fixture.service.register(fixture.request(reference: "train.parquet", lineage: lineage))
            #expect(version.version == 1)
            #expect(version.status == .pendingApproval)
            #expect((version.metrics["f1"] ?? 0) > 0.8)
            #expect(version.metrics["rows"] == 600)
            #expect(version.signature?.inputs.map(\.name) == ["x1", "x2"])
            #expect(version.signature?.outputs.map(\.name) == ["label", "probabilities"])
            #expect(version.gates.map(\.verdict) == [.pass])
            var expected = lineage
            expected.features = ["x1", "x2"]
            #expect(version.lineage == expected)
            #expect(version.runID == "r1")
            let read = try await fixture.service.version("market", 1)
            #expect(read.lineage == expected)
            #expect(read.gates == version.gates)
            #expect(try await fixture.service.file(model: "market", version: 1) == fixture.blobs.localFile(of: try #require(version.digest)))
        }
    }

    @Test func `the reference table's profile has the features and the model's own answers`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.service.register(fixture.request(reference: "train.parquet"))
            let profile = try #require(try await fixture.service.profile("market", 1))
            #expect(profile.rows == 800)
            #expect(Set(profile.columns.keys) == ["x1", "x2", "predicted", "score"])
            #expect(profile.columns["x1"]?.kind == .numeric)
            #expect(profile.columns["predicted"]?.kind == .categorical)
            #expect((profile.columns["score"]?.maximum ?? 2) <= 1)
            _ = try await fixture.service.register(fixture.request())
            #expect(try await fixture.service.profile("market", 2) == nil)
        }
    }

    @Test func `a model trained on shuffled labels is refused, with its evidence in the version and the ledger`() async throws {
        try await RegistryFixture.with { fixture in
            let version = try await fixture.service.register(fixture.request("shuffled.onnx"))
            #expect(version.status == .refused)
            let gate = try #require(version.gates.first)
            #expect(gate.verdict == .fail)
            #expect((gate.evidence["value"]?.doubleValue ?? 1) < 0.65)
            #expect(gate.evidence["rows"]?.intValue == 600)
            #expect(version.statusReason?.contains("at least 0.7 is asked") == true)
            let gated = try #require(try await fixture.ledger("model.version.gated").first)
            #expect(gated.subject == "model/market/1")
            #expect(gated.data["verdict"] == "fail")
            #expect(gated.data["gates"]?[0]?["evidence"]?["sentence"]?.stringValue == gate.sentence)
            let error = await refusal { try await fixture.service.approve("market", 1, by: RegistryFixture.ann) }
            #expect(error?.code == .gateRefused)
        }
    }

    @Test func `a truncated file is refused and nothing is stored`() async throws {
        try await RegistryFixture.with { fixture in
            let whole = try #require(FileManager.default.contents(atPath: RegistryFixture.path("forest.onnx")))
            for length in [0, 1, 100, whole.count / 2, whole.count - 10] {
                let path = fixture.folder + "/cut.onnx"
                try whole.prefix(length).write(to: URL(fileURLWithPath: path))
                let error = await refusal { _ = try await fixture.service.register(fixture.request(path)) }
                #expect(error?.code == .invalidArgument, "\(length) bytes")
                #expect(error?.hint != nil)
            }
            #expect(fixture.storedFiles().isEmpty)
            #expect(try await fixture.service.versions("market").isEmpty)
            #expect(try await fixture.ledger("model.version.registered").isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder + "/staging").isEmpty)
        }
    }

    @Test func `a file of something else is refused and nothing is stored`() async throws {
        try await RegistryFixture.with { fixture in
            for name in ["load.csv", "train.parquet", "make_fixtures.py"] {
                let error = await refusal { _ = try await fixture.service.register(fixture.request(name)) }
                #expect(error?.code == .invalidArgument)
            }
            let missing = await refusal { _ = try await fixture.service.register(fixture.request("/no/such/file.onnx")) }
            #expect(missing?.code == .notFound)
            let folder = await refusal { _ = try await fixture.service.register(fixture.request(fixture.folder)) }
            #expect(folder?.code == .notFound)
            #expect(fixture.storedFiles().isEmpty)
            let versions = try await fixture.service.versions("market")
            #expect(versions.isEmpty)
        }
    }

    @Test func `a holdout without an input column is refused, and the column is named`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(target: "up")) { fixture in
            let error = await refusal { _ = try await fixture.service.register(fixture.request(holdout: "without_x2.csv")) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("'x2'") == true)
            #expect(error?.details["column"] == "x2")
            let target = await refusal { _ = try await fixture.service.register(fixture.request(holdout: "load.csv")) }
            #expect(target?.message.contains("'up'") == true)
            let reference = await refusal {
                _ = try await fixture.service.register(fixture.request(reference: "without_x2.csv"))
            }
            #expect(reference?.message.contains("'x2'") == true)
            #expect(fixture.storedFiles().isEmpty)
            let versions = try await fixture.service.versions("market")
            #expect(versions.isEmpty)
        }
    }

    @Test func `a model that nobody owns cannot be registered`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            let unknown = await refusal { _ = try await fixture.service.register(fixture.request()) }
            #expect(unknown?.code == .notFound)
            _ = try await fixture.service.createModel("market", by: RegistryFixture.eve)
            let unowned = await refusal { _ = try await fixture.service.register(fixture.request()) }
            #expect(unowned?.code == .conflict)
            #expect(unowned?.message.contains("owner") == true)
        }
    }

    @Test func `looking is not registering`() async throws {
        try await RegistryFixture.with { fixture in
            let error = await refusal { _ = try await fixture.service.register(fixture.request(by: RegistryFixture.guest)) }
            #expect(error?.code == .notAllowed)
        }
    }

    @Test func `the same pipeline run registers a file once, another run again`() async throws {
        try await RegistryFixture.with { fixture in
            let first = try await fixture.service.register(fixture.request(pipelineRun: "p1"))
            let again = try await fixture.service.register(fixture.request(pipelineRun: "p1"))
            #expect(again.version == first.version)
            let other = try await fixture.service.register(fixture.request(pipelineRun: "p2"))
            #expect(other.version == 2)
            #expect(try await fixture.ledger("model.version.registered").count == 2)
        }
    }

    @Test func `registrations at the same time get numbers of their own`() async throws {
        try await RegistryFixture.with { fixture in
            let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 { group.addTask { try await fixture.service.register(fixture.request()).version } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(numbers.sorted() == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test func `a retrained version needs the approvals that retraining asks for`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(approvals: 1, approvalsRetrained: 0)) { fixture in
            let retrained = try await fixture.service.register(fixture.request(origin: .policy))
            #expect(retrained.status == .approved)
            #expect(try await fixture.service.register(fixture.request(origin: .schedule)).status == .pendingApproval)
            #expect(try await fixture.service.latestApproved("market") == 1)
        }
    }

    @Test func `one tensor of all features is fed the columns that its lineage names`() async throws {
        try await RegistryFixture.with { fixture in
            let named = try await fixture.service.register(fixture.request("matrix.onnx", lineage: Lineage(features: ["x1", "x2"])))
            let columns = try await fixture.service.register(fixture.request("good.onnx"))
            #expect(named.metrics["f1"] == columns.metrics["f1"])
            let error = await refusal { _ = try await fixture.service.register(fixture.request("matrix.onnx")) }
            #expect(error?.message.contains("takes 2 columns") == true)
        }
    }

    @Test func `a regression is measured by its errors`() async throws {
        let declaration = RegistryFixture.declaration(gates: [.floor(metric: "r2", atLeast: 0.9)], approvals: 0, task: "regression", target: "load")
        try await RegistryFixture.with(declaration) { fixture in
            let version = try await fixture.service.register(fixture.request("regression.onnx", holdout: "load.csv"))
            #expect(version.status == .approved)
            #expect((version.metrics["rmse"] ?? 9) < 1)
        }
    }

    @Test func `evaluate answers metrics and stores nothing`() async throws {
        try await RegistryFixture.with { fixture in
            let metrics = try await fixture.service.evaluate(
                modelAt: RegistryFixture.path("forest.onnx"), tableAt: RegistryFixture.path("holdout.parquet"), target: "up", task: "binary")
            #expect((metrics["accuracy"] ?? 0) > 0.85)
            #expect((metrics["roc_auc"] ?? 0) > 0.9)
            #expect(fixture.storedFiles().isEmpty)
            let error = await refusal {
                _ = try await fixture.service.evaluate(
                    modelAt: RegistryFixture.path("forest.onnx"), tableAt: RegistryFixture.path("holdout.parquet"), target: "up", task: "ternary")
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}
