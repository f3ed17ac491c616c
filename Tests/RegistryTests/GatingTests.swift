import Foundation
import TernKernel
import TernStore
import Testing

@testable import Registry

@Suite struct GatingTests {
    private static let all: [GateDeclaration] = [
        .floor(metric: "f1", atLeast: 0.7), .champion(metric: "f1", dropAtMost: 0.05, slices: ["weekday"]), .churn(atMost: 0.3),
        .latency(p99: Period(milliseconds: 500)),
    ]

    @Test func `the first version skips what needs a champion, the next is held against it`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(gates: Self.all)) { fixture in
            let first = try await fixture.service.register(fixture.request("good.onnx"))
            #expect(first.gates.map(\.verdict) == [.pass, .skipped, .skipped, .pass])
            #expect(first.status == .pendingApproval)
            #expect(first.gates.last?.evidence["runs"]?.intValue == 1000)
            try await fixture.service.setAlias("champion", of: "market", to: 1, by: RegistryFixture.ann)

            let forest = try await fixture.service.register(fixture.request("forest.onnx"))
            #expect(forest.gates.map(\.verdict) == [.pass, .pass, .pass, .pass], "\(forest.gates.map(\.sentence))")
            let against = forest.gates[1].evidence
            #expect(against["champion_version"]?.intValue == 1)
            #expect(against["champion_value"]?.doubleValue == first.metrics["f1"])
            // Seven weekdays of about 85 rows each.
            #expect(against["slices"]?.arrayValue?.count == 7)

            let bad = try await fixture.service.register(fixture.request("shuffled.onnx"))
            #expect(bad.status == .refused)
            #expect(bad.gates.map(\.verdict) == [.fail, .fail, .fail, .pass])
        }
    }

    @Test func `a model is asked once about a holdout`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(gates: [.churn(atMost: 1)])) { fixture in
            for _ in 0..<3 { _ = try await fixture.service.register(fixture.request("good.onnx")) }
            try await fixture.service.setAlias("champion", of: "market", to: 1, by: RegistryFixture.ann)
            _ = try await fixture.service.register(fixture.request("forest.onnx"))
            try await fixture.service.runGates("market", 4, by: RegistryFixture.eve)
            let rows = try await fixture.database.read { try $0.rows("SELECT digest, holdout FROM model_evaluations") }
            #expect(rows.count == 2)
        }
    }

    @Test func `answers whose blob is gone are computed again`() async throws {
        try await RegistryFixture.with { fixture in
            let version = try await fixture.service.register(fixture.request())
            let row = try #require(try await fixture.database.read { try $0.row("SELECT answers FROM model_evaluations") })
            let answers = try #require(Digest(hex: try row.text("answers")))
            try FileManager.default.removeItem(atPath: await fixture.blobs.localFile(of: answers))
            let again = try await fixture.service.runGates("market", 1, by: RegistryFixture.eve)
            #expect(again.metrics == version.metrics)
        }
    }

    @Test func `without a holdout nothing is measured and nothing passes, until one is given`() async throws {
        try await RegistryFixture.with { fixture in
            let version = try await fixture.service.register(fixture.request(holdout: nil))
            #expect(version.status == .refused)
            #expect(version.statusReason?.contains("without a holdout") == true)
            let wrong = await refusal {
                try await fixture.service.runGates("market", 1, holdoutFile: RegistryFixture.path("without_x2.csv"), by: RegistryFixture.eve)
            }
            #expect(wrong?.message.contains("'x2'") == true)
            #expect(try await fixture.service.version("market", 1).status == .refused)
            let given = try await fixture.service.runGates(
                "market", 1, holdoutFile: RegistryFixture.path("holdout.parquet"), by: RegistryFixture.eve)
            #expect(given.status == .pendingApproval)
            #expect(given.holdout != nil)
            // A version is not carried from table to table until one lets it pass.
            let again = await refusal {
                try await fixture.service.runGates("market", 1, holdoutFile: RegistryFixture.path("holdout.parquet"), by: RegistryFixture.eve)
            }
            #expect(again?.code == .conflict)
        }
    }

    @Test func `gates that a crash interrupted are run at the next start`() async throws {
        try await RegistryFixture.with { fixture in
            let version = try await fixture.service.register(fixture.request())
            _ = try await fixture.database.write { transaction in
                try transaction.execute("UPDATE model_versions SET status = 'gating', gates = '[]', metrics = '{}'")
            }
            let left = fixture.folder + "/staging/registering-0"
            try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
            try await fixture.service.resume()
            let after = try await fixture.service.version("market", 1)
            #expect(after.status == .pendingApproval)
            #expect(after.metrics == version.metrics)
            #expect(!FileManager.default.fileExists(atPath: left))
        }
    }

    @Test func `a stricter declaration refuses an approved version when its gates run again`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.approved()
            try await fixture.service.apply([RegistryFixture.declaration(gates: [.floor(metric: "f1", atLeast: 0.99)])], by: RegistryFixture.ann)
            #expect(try await fixture.service.version("market", 1).status == .approved)
            let after = try await fixture.service.runGates("market", 1, by: RegistryFixture.eve)
            #expect(after.status == .refused)
            #expect(try await fixture.service.latestApproved("market") == nil)
            #expect(after.approvals.map(\.by) == ["ann"])
        }
    }

    @Test func `a champion whose file is gone fails the comparison, and says so`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(gates: [.churn(atMost: 1)])) { fixture in
            let first = try await fixture.service.register(fixture.request("good.onnx", holdout: nil))
            try await fixture.service.setAlias("champion", of: "market", to: 1, by: RegistryFixture.ann)
            try FileManager.default.removeItem(atPath: await fixture.blobs.localFile(of: try #require(first.digest)))
            let next = try await fixture.service.register(fixture.request("forest.onnx"))
            #expect(next.status == .refused)
            #expect(next.gates.first?.sentence.contains("version 1") == true)
        }
    }

    @Test func `a declaration that could never be met is refused`() async throws {
        try await RegistryFixture.with(nil) { fixture in
            let bad: [ModelDeclaration] = [
                RegistryFixture.declaration(gates: [.floor(metric: "rmse", atLeast: 3)]),
                RegistryFixture.declaration(gates: [.churn(atMost: 1.5)]),
                RegistryFixture.declaration(gates: [.champion(metric: "f1", dropAtMost: -0.1, slices: [])]),
                RegistryFixture.declaration(gates: [.champion(metric: "f1", dropAtMost: .nan, slices: [])]),
                RegistryFixture.declaration(approvals: -1),
                RegistryFixture.declaration(task: "guessing"),
                ModelDeclaration(name: "market", purpose: "", task: "binary", target: "up", owner: " "),
            ]
            for declaration in bad {
                let error = await refusal { try await fixture.service.apply([declaration], by: RegistryFixture.eve) }
                #expect(error?.code == .invalidArgument, "\(declaration)")
            }
            let models = try await fixture.service.models()
            #expect(models.isEmpty)
        }
    }

    @Test func `applying the same declaration twice changes nothing`() async throws {
        try await RegistryFixture.with { fixture in
            try await fixture.service.apply([RegistryFixture.declaration()], by: RegistryFixture.ann)
            #expect(try await fixture.ledger("model.declared").count == 1)
            let summary = try await fixture.service.summary("market")
            #expect(summary.owner == "grid@example.com")
            #expect(summary.gates == ["f1 at least 0.7"])
        }
    }
}
