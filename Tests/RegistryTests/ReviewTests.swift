import TernKernel
import TernStore
import Testing

@testable import Registry

@Suite struct ReviewTests {
    @Test func `an approval is kept with person, time and reason, in the version and the ledger`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.service.register(fixture.request())
            let approved = try await fixture.service.approve("market", 1, reason: "looks right", by: RegistryFixture.ann)
            #expect(approved.status == .approved)
            #expect(approved.approvals.first?.by == "ann")
            #expect(approved.approvals.first?.reason == "looks right")
            let entry = try #require(try await fixture.ledger("model.version.approved").first)
            #expect(entry.subject == "model/market/1")
            #expect(entry.actor == "ann")
            #expect(entry.reason == "looks right")
            #expect(try await fixture.service.latestApproved("market") == 1)
            #expect(try await LedgerStore(fixture.database).verify() > 0)
        }
    }

    @Test func `approving takes the role`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.service.register(fixture.request())
            for identity in [RegistryFixture.eve, RegistryFixture.guest] {
                let error = await refusal { try await fixture.service.approve("market", 1, by: identity) }
                #expect(error?.code == .notAllowed)
                #expect(error?.hint?.contains("tern token create") == true)
                let no = await refusal { try await fixture.service.reject("market", 1, reason: "no", by: identity) }
                #expect(no?.code == .notAllowed)
            }
            #expect(try await fixture.service.version("market", 1).status == .pendingApproval)
        }
    }

    @Test func `two approvals must come from two people`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(approvals: 2)) { fixture in
            _ = try await fixture.service.register(fixture.request())
            _ = try await fixture.service.approve("market", 1, by: RegistryFixture.ann)
            let again = try await fixture.service.approve("market", 1, by: RegistryFixture.ann)
            #expect(again.status == .pendingApproval)
            #expect(try await fixture.ledger("model.version.approved").count == 1)
            #expect(try await fixture.service.approve("market", 1, by: RegistryFixture.bob).status == .approved)
        }
    }

    @Test func `approvals at the same time are all counted`() async throws {
        try await RegistryFixture.with(RegistryFixture.declaration(approvals: 8)) { fixture in
            _ = try await fixture.service.register(fixture.request())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask { try await fixture.service.approve("market", 1, by: Identity(name: "p\(number)", role: .approver)) }
                }
                try await group.waitForAll()
            }
            let version = try await fixture.service.version("market", 1)
            #expect(version.status == .approved)
            #expect(version.approvals.count == 8)
        }
    }

    @Test func `a rejection needs a reason and cannot be undone`() async throws {
        try await RegistryFixture.with { fixture in
            _ = try await fixture.service.register(fixture.request())
            let silent = await refusal { try await fixture.service.reject("market", 1, reason: " ", by: RegistryFixture.ann) }
            #expect(silent?.code == .invalidArgument)
            let rejected = try await fixture.service.reject("market", 1, reason: "trained on the wrong year", by: RegistryFixture.ann)
            #expect(rejected.status == .rejected)
            #expect(rejected.statusReason == "trained on the wrong year")
            let error = await refusal { try await fixture.service.approve("market", 1, by: RegistryFixture.bob) }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains("version 1 of market") == true)
            let gates = await refusal { try await fixture.service.runGates("market", 1, by: RegistryFixture.eve) }
            #expect(gates?.code == .conflict)
            #expect(try await fixture.ledger("model.version.rejected").first?.reason == "trained on the wrong year")
        }
    }

    @Test func `what does not exist cannot be approved`() async throws {
        try await RegistryFixture.with { fixture in
            for (model, version) in [("market", 7), ("nobody", 1)] {
                let error = await refusal { try await fixture.service.approve(model, version, by: RegistryFixture.ann) }
                #expect(error?.code == .notFound)
            }
            let approvals = try await fixture.ledger("model.version.approved")
            #expect(approvals.isEmpty)
        }
    }
}
