import Foundation
import TernKernel
import TernStore
import Testing

@testable import Registry

@Suite struct AnswerTests {
    private let eve = RegistryFixture.eve
    private let ann = RegistryFixture.ann

    @Test func `two versions are compared on the newer one's holdout, once`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.service.register(fixture.request(lineage: Lineage(params: ["trees": 10, "depth": 3])))
            _ = try await fixture.service.register(
                fixture.request(
                    "forest.onnx",
                    lineage: Lineage(datasets: [.init(name: "market", version: 2, digest: "d2")], params: ["trees": 20, "depth": 3])))
            try await fixture.service.setAlias("champion", of: "market", to: 1, by: ann)
            let comparison = try await fixture.service.compare("market", "champion", "2")
            #expect(comparison.from.version == 1)
            #expect(comparison.sameHoldout)
            #expect(comparison.params == [.init(name: "trees", from: "10", to: "20")])
            #expect(comparison.data == [.init(name: "market", from: nil, to: "version 2", fromDigest: nil, toDigest: "d2", same: false)])
            #expect(comparison.schema.isEmpty)
            let f1 = try #require(comparison.metrics.first { $0.name == "f1" && $0.origin == "holdout" })
            let delta = try #require(f1.delta)
            #expect(f1.verdict == (delta > 0 ? "better" : delta == 0 ? "same" : "worse"))
            let churn = try #require(comparison.churn)
            #expect(churn.rows == 600)
            #expect(churn.kind == "classes")
            #expect(churn.sample == "holdout of version 2 of market")
            // The gates count the same on the same table.
            let gate = try await churnOfGates(fixture)
            #expect(churn.changed == gate)
            #expect(churn.flips.reduce(0) { $0 + $1.rows } == Int((churn.changed * 600).rounded()))
            #expect((churn.mended ?? 0) + (churn.broken ?? 0) == Int((churn.changed * 600).rounded()))
            #expect(churn.examples.first?.inputs.keys.sorted() == ["x1", "x2"])
            let stored = try await fixture.database.read { try $0.rows("SELECT churn FROM model_churn").count }
            #expect(stored == 1)
            #expect(try await fixture.service.compare("market", "1", "2").churn == churn)
        }
    }

    private func churnOfGates(_ fixture: RegistryFixture) async throws -> Double? {
        try await fixture.service.apply([RegistryFixture.declaration(gates: [.churn(atMost: 1)])], by: ann)
        let again = try await fixture.service.runGates("market", 2, by: ann)
        return again.gates.first?.evidence["value"]?.doubleValue
    }

    @Test func `numbers are compared by how far apart they are, also across models`() async throws {
        let load = RegistryFixture.declaration(gates: [], task: "regression", target: "load")
        try await RegistryFixture.with(load) { fixture in
            _ = try await fixture.service.register(fixture.request("regression.onnx", holdout: "load.csv"))
            var other = load
            other.name = "other"
            try await fixture.service.apply([other], by: ann)
            var request = fixture.request("regression.onnx", holdout: nil)
            request.model = "other"
            _ = try await fixture.service.register(request)
            let same = try await fixture.service.compare("market", "1", with: "other", "1")
            #expect(same.churn?.kind == "numbers")
            #expect(same.churn?.changed == 0)
            #expect(same.churn?.difference?.max == 0)
            #expect(same.churn?.examples.isEmpty == true)
        }
    }

    @Test func `without a table there is no churn, and it says why`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(gates: [])) { fixture in
            _ = try await fixture.service.register(fixture.request(holdout: nil))
            _ = try await fixture.service.register(fixture.request("matrix.onnx", holdout: nil))
            let comparison = try await fixture.service.compare("market", "1", "latest")
            #expect(comparison.churn == nil)
            #expect(comparison.churnProblem == "neither version has a stored holdout or an input example.")
            #expect(comparison.schema.first { $0.name == "X" }?.to == "FP32 [-1, 2]")
            #expect(comparison.schema.first { $0.name == "x1" }?.to == nil)
        }
    }

    @Test func `a declared signature that the file does not meet is refused, and nothing is stored`() async throws {
        try await RegistryFixture.with { fixture in
            var request = fixture.request()
            request.declaredSignature = ["inputs": [["name": "x1", "type": "double"], ["name": "age", "type": "double"]]]
            let error = await refusal { [request] in _ = try await fixture.service.register(request) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("'age' (double) is declared, and the ONNX file has no such input") == true)
            #expect(error?.details["inputs"]?.arrayValue?.first?["name"] == "age")
            #expect(error?.hint?.contains("x1 FP32") == true)
            #expect(fixture.storedFiles().isEmpty)
            #expect(try await fixture.service.versions("market").isEmpty)
            request.declaredSignature = ["inputs": [["name": "x1", "type": "double"], ["name": "x2", "type": "double"]]]
            let version = try await fixture.service.register(request)
            #expect(try await fixture.service.version("market", version.version).declaredSignature == request.declaredSignature)
        }
    }

    @Test func `inputs that must stay unchanged are held to the champion's`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(gates: [], inputs: .unchanged)) { fixture in
            _ = try await fixture.service.register(fixture.request())
            _ = try await fixture.service.register(fixture.request("forest.onnx"))
            let error = await refusal { _ = try await fixture.service.register(fixture.request("matrix.onnx")) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("differ from those of version 2: 'x1' was FP32 [-1, 1] and is gone") == true)
        }
    }

    @Test func `the environment, the code and the run of a version are told`() async throws {
        let ports = RegistryPorts(
            run: { id in
                id == "r1" ? .init(artifactURI: "mlflow-artifacts:/0/r1", params: ["trees": "60"], name: "bold-bird", metrics: ["loss": .nan]) : nil
            }, datasetRows: { name, version in name == "market" && version == 2 ? 1728 : nil })
        try await RegistryFixture.with(ports: ports) { fixture in
            var request = fixture.request(
                lineage: Lineage(
                    run: "r1", codeCommit: "abc", codeClean: false,
                    datasets: [.init(name: "market", version: 2, digest: "d2"), .init(name: "extra", version: 0, digest: "d0")]))
            request.environment = ["requirements.txt": "numpy==2.1\n"]
            _ = try await fixture.service.register(request)
            let lineage = try await fixture.service.lineage("market", 1)
            #expect(lineage.run?.name == "bold-bird")
            #expect(lineage.run?.params == ["trees": "60"])
            #expect(lineage.codeClean == false)
            #expect(lineage.datasets.map(\.rows) == [1728, nil])
            #expect(lineage.environmentFiles.map(\.content) == ["numpy==2.1\n"])
            #expect(lineage.environmentFiles.first?.digest == Digest(of: "numpy==2.1\n").hex)
            let written = try JSON(encoding: lineage)
            #expect(written["run"]?["metrics"]?["loss"] == "NaN")
        }
    }

    @Test func `a version has a card of its own, else its model's`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(card: "# Market")) { fixture in
            _ = try await fixture.service.register(fixture.request())
            #expect(try await fixture.service.summary("market").card == "# Market")
            #expect(try await fixture.service.card("market", 1) == "# Market")
            try await fixture.service.setCard("market", 1, "*third* try", by: eve)
            #expect(try await fixture.service.card("market", 1) == "*third* try")
            try await fixture.service.setCard("market", 1, "", by: eve)
            #expect(try await fixture.service.card("market", 1) == "# Market")
            let long = String(repeating: "x", count: RegisteredModel.cardLimit + 1)
            let refused1 = await refusal { try await fixture.service.setCard("market", 1, long, by: eve) }
            #expect(refused1?.code == .invalidArgument)
            let refused2 = await refusal { try await fixture.service.setCard("market", 1, "x", by: RegistryFixture.guest) }
            #expect(refused2?.code == .notAllowed)
            #expect(try await fixture.ledger("model.version.card").count == 2)
        }
    }

    @Test func `an approval is withdrawn with a reason, by whoever gave it`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.approved()
            let refused3 = await refusal { try await fixture.service.withdraw("market", 1, reason: " ", by: ann) }
            #expect(refused3?.code == .invalidArgument)
            let refused4 = await refusal { try await fixture.service.withdraw("market", 1, reason: "no", by: RegistryFixture.bob) }
            #expect(refused4?.code == .conflict)
            let refused5 = await refusal { try await fixture.service.withdraw("market", 1, reason: "no", by: eve) }
            #expect(refused5?.code == .notAllowed)
            let version = try await fixture.service.withdraw("market", 1, reason: "wrong quarter", by: ann)
            #expect(version.status == .pendingApproval)
            #expect(version.approvals.map(\.verdict) == [.approved, .withdrawn])
            #expect(version.approvals.last?.reason == "wrong quarter")
            #expect(try await fixture.ledger("model.version.withdrawn").first?.reason == "wrong quarter")
            #expect(try await fixture.service.approve("market", 1, reason: "checked", by: ann).status == .approved)
        }
    }

    @Test func `a model without an owner cannot be declared, and its versions cannot be registered`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            var declaration = RegistryFixture.declaration()
            declaration.owner = " "
            let ownerless = declaration
            let refused6 = await refusal { try await fixture.service.apply([ownerless], by: ann) }
            #expect(refused6?.code == .invalidArgument)
            _ = try await fixture.service.createModel("market", by: eve)
            let error = await refusal { _ = try await fixture.service.register(fixture.request()) }
            #expect(error?.message == "model 'market' has no owner")
            _ = try await fixture.service.importVersion(ImportRequest(model: "market", source: "s3://bucket/x", by: eve))
            let unreleased = await refusal { _ = try await fixture.service.releasable("market", 1) }
            #expect(unreleased?.code == .conflict)
            try await fixture.service.approve("market", 1, by: ann)
            #expect(try await fixture.service.latestApproved("market") == 1)
            #expect(try await fixture.service.latestReleasable("market") == nil)
            #expect(try await fixture.service.latestReleasable("nobody") == nil)
            try await fixture.service.apply([RegistryFixture.declaration()], by: ann)
            #expect(try await fixture.service.releasable("market", 1) == .approved)
        }
    }

    @Test(arguments: [
        ("https://user:secret@example.com/x.git", "https://example.com/x.git"), ("https://example.com/x@y.git", "https://example.com/x@y.git"),
        ("git@example.com:x.git", "git@example.com:x.git"), ("ssh://git@host/x", "ssh://host/x"), ("https://", "https://"), ("", ""),
    ]) func `no password of a repository's address is kept`(address: String, shown: String) {
        #expect(SourceURI.withoutPassword(address) == shown)
    }

    @Test func `examples of inputs are read in every form that MLflow writes`() throws {
        func columns(_ text: String, _ input: String? = nil) throws -> [Column]? { InputExample(try JSON(parsing: text), input: input)?.columns }
        #expect(
            try columns("{\"dataframe_split\": {\"columns\": [\"a\", \"b\"], \"data\": [[1, \"x\"], [null, \"y\"]]}}")
                == [Column("a", .int([1, nil])), Column("b", .text(["x", "y"]))])
        #expect(try columns("{\"columns\": [\"a\"], \"data\": [[1.5], [2]]}") == [Column("a", .double([1.5, 2]))])
        #expect(try columns("{\"inputs\": [[1.5, 2.5], [3, 4]]}", "X")?.map(\.name) == ["X_0", "X_1"])
        #expect(
            try columns("{\"inputs\": {\"a\": [1, 2], \"b\": [[true], [false]]}}") == [
                Column("a", .int([1, 2])), Column("b", .bool([true, false])),
            ])
        for broken in [
            "{}", "[]", "5", "{\"inputs\": 5}", "{\"columns\": [\"a\", \"a\"], \"data\": [[1, 2]]}", "{\"columns\": [\"a\"], \"data\": [[1, 2]]}",
            "{\"inputs\": {\"a\": [1], \"b\": [1, 2]}}", "{\"inputs\": [[1], [1, 2]]}",
        ] { #expect(try columns(broken) == nil, "\(broken)") }
    }
}
