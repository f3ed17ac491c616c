import Foundation
import TernKernel
import TernStore

/// The PostgreSQL server that `script/test` starts for the tests. Each test has a schema of its own in it.
package enum TestPostgres {
    private static let url = ProcessInfo.processInfo.environment["TERN_TEST_POSTGRES"]

    package static var isPresent: Bool { url != nil }

    /// Few at a time: each holds some of the server's connections.
    private static let places = Places(6)

    /// - Parameter body: gets the URL of a fresh schema, which is dropped afterwards.
    package static func withSchema<Answer>(_ body: (_ url: String) async throws -> Answer) async throws -> Answer {
        guard let url else { throw TernError(.unavailable, "TERN_TEST_POSTGRES is not set") }
        await places.enter()
        let answer: Result<Answer, any Error>
        do {
            let schema = "test_" + Identifier.random().lowercased()
            try Database.administer("CREATE SCHEMA \(schema)", at: url)
            do {
                answer = .success(try await body("\(url)\(url.contains("?") ? "&" : "?")options=-csearch_path%3D\(schema)"))
            } catch {
                answer = .failure(error)
            }
            try Database.administer("DROP SCHEMA \(schema) CASCADE", at: url)
        } catch {
            await places.leave()
            throw error
        }
        await places.leave()
        return try answer.get()
    }
}

/// Lets a number of tasks in at a time.
private actor Places {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func enter() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
