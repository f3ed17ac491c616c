import TernKernel
import Testing

@testable import Releases

@Suite struct DeploymentHistoryTests {
    private struct Entry {
        var moment: Deployment.LedgerMoment
        var variants: JSON?
    }

    private func entry(_ second: Int64, _ kind: String, _ variants: [(version: Int, role: String, share: Double)]) -> Entry {
        let list = variants.map { variant -> JSON in
            [
                "name": .string("v\(variant.version)"), "role": .string(variant.role), "model": "m", "version": JSON(variant.version),
                "share": .double(variant.share),
            ]
        }
        return Entry(
            moment: .init(at: Timestamp(milliseconds: second * 1000), eventTime: nil, kind: kind, actor: "ann", reason: nil), variants: .array(list))
    }

    private func history(_ entries: [Entry], model: String = "m") throws -> [String] {
        var history = DeploymentHistory(endpoint: "price", model: model)
        for entry in entries { try history.take(entry.variants, at: entry.moment) }
        return history.all.map {
            "v\($0.version) \($0.role) \($0.share) \($0.from.at.milliseconds / 1000)-\($0.to.map { "\($0.at.milliseconds / 1000)" } ?? "")"
        }
    }

    @Test func `a canary that is promoted ends as a canary and begins as the primary`() throws {
        let said = try history([
            entry(1, "release.promoted", [(1, "primary", 1)]), entry(2, "release.started", [(1, "primary", 0.95), (2, "canary", 0.05)]),
            entry(3, "release.stepped", [(1, "primary", 0.5), (2, "canary", 0.5)]), entry(4, "release.promoted", [(2, "primary", 1)]),
        ])
        #expect(Set(said.dropFirst()) == ["v2 canary 0.5 2-4", "v1 primary 1.0 1-4"])
        #expect(said.first == "v2 primary 1.0 4-")
    }

    @Test func `a rollback and a removal end what stood, and it may come back`() throws {
        let said = try history([
            entry(1, "release.promoted", [(1, "primary", 1)]), entry(2, "release.promoted", [(2, "primary", 1)]),
            entry(3, "release.rolled_back", [(1, "primary", 1)]), entry(4, "endpoint.removed", []),
        ])
        #expect(Set(said) == ["v1 primary 1.0 3-4", "v2 primary 1.0 2-3", "v1 primary 1.0 1-2"])
    }

    @Test func `other models, and entries that change no variants, say nothing`() throws {
        var silent = entry(2, "endpoint.declared", [])
        silent.variants = nil
        #expect(try history([entry(1, "release.promoted", [(1, "primary", 1)]), silent]) == ["v1 primary 1.0 1-"])
        #expect(try history([entry(1, "release.promoted", [(1, "primary", 1)])], model: "other") == [])
    }
}
