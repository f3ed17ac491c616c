import Foundation
import Logging
import Synchronization
import TernKernel
import TernStore
import TernTestSupport
import TernWeb
import Testing

@testable import TernServer

private final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1; return $0
        }
    }
    var count: Int { value.withLock { $0 } }
}

private func loop(advance: @escaping @Sendable (String) async throws -> Bool, busy: @escaping @Sendable () -> Bool = { false }) -> EndpointLoop {
    EndpointLoop(
        work: EndpointLoop.Work(endpoints: { ["price"] }, advance: advance, isBusy: { _ in busy() }, drain: { _ in }),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
}

@Suite struct EndpointLoops {
    @Test func `many who ask at once each get a pass that begins after they asked, and never two at a time`() async throws {
        let running = Mutex(0)
        let passes = Counter()
        let loop = loop { _ in
            let together = running.withLock {
                $0 += 1; return $0
            }
            #expect(together == 1)
            try await Task.sleep(for: .milliseconds(1))
            running.withLock { $0 -= 1 }
            return passes.next() < 0
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { try await loop.pass("price") } }
            try await group.waitForAll()
        }
        #expect(passes.count == 50)
    }

    @Test func `settling ends when nothing changes and nothing is under way`() async throws {
        let passes = Counter()
        let loop = loop(advance: { _ in passes.next() < 5 }, busy: { passes.count < 8 })
        try await loop.settle("price")
        #expect(passes.count == 8)
    }

    @Test func `an endpoint that never settles is an error, not a wait for ever`() async throws {
        let loop = loop { _ in
            try await Task.sleep(for: .milliseconds(1))
            return true
        }
        await #expect(throws: TernError.self) { try await loop.settle("price", within: Period(milliseconds: 50)) }
    }

    @Test func `a pass that fails says so to who asked, and the next one runs`() async throws {
        let passes = Counter()
        let loop = loop { _ in
            if passes.next() == 1 { throw TernError(.unavailable, "once") }
            return false
        }
        await #expect(throws: TernError.self) { try await loop.pass("price") }
        #expect(try await loop.pass("price") == false)
    }
}

@Suite struct Homes {
    @Test func `a home has one server at a time, and is free again after it`() async throws {
        try await withTemporaryFolder { folder in
            try held(folder)
            #expect(ServerAddress.read(home: folder + "/home") == nil)
            _ = try HomeFolder(folder + "/home")
        }
    }

    private func held(_ folder: String) throws {
        let first = try HomeFolder(folder + "/home")
        try first.announce(url: "http://127.0.0.1:1")
        #expect(ServerAddress.read(home: folder + "/home")?.url == "http://127.0.0.1:1")
        do {
            _ = try HomeFolder(folder + "/home")
            Issue.record("two servers took one home")
        } catch let error as TernError {
            #expect(error.code == .unavailable)
            #expect(error.message.contains("http://127.0.0.1:1"))
        }
    }
}

@Suite struct Access {
    private func service(loopback: Bool, _ body: (AccessService) async throws -> Void) async throws {
        try await withDatabase(TokenStore.migrations) { database in try await body(AccessService(database: database, loopback: loopback)) }
    }

    @Test func `without tokens, who is on this machine is an admin; beside an approver, an editor`() async throws {
        try await service(loopback: true) { access in
            try await access.open(adminToken: nil)
            #expect(try await access.authentication.anonymous()?.role == .admin)
            let token = try await access.create(name: "alice", role: .approver, by: Identity(name: "local", role: .admin))
            #expect(try await access.authentication.anonymous()?.role == .editor)
            #expect(try await access.authentication.lookUp(token) == Identity(name: "alice", role: .approver))
        }
    }

    @Test func `beyond loopback nobody is anonymous, and without any token the server does not start`() async throws {
        try await service(loopback: false) { access in
            await #expect(throws: TernError.self) { try await access.open(adminToken: nil) }
            try await access.open(adminToken: "secret")
            #expect(try await access.authentication.anonymous() == nil)
            #expect(try await access.authentication.lookUp("secret")?.role == .admin)
            try await access.open(adminToken: "another")
            #expect(try await access.authentication.lookUp("secret") == nil)
        }
    }

    @Test func `an editor makes no approver, and a revoked token is nobody's`() async throws {
        try await service(loopback: true) { access in
            try await access.open(adminToken: nil)
            await #expect(throws: TernError.self) {
                try await access.create(name: "eve", role: .approver, by: Identity(name: "e", role: .editor))
            }
            let admin = Identity(name: "local", role: .admin)
            let token = try await access.create(name: "bob", role: .viewer, by: admin)
            try await access.revoke(name: "bob", by: admin)
            #expect(try await access.authentication.lookUp(token) == nil)
        }
    }
}
