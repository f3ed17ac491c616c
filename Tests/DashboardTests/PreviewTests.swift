import Foundation
import Testing

@testable import Dashboard

/// `TERN_DASHBOARD_PREVIEW=8088 swift test --filter Preview` shows the pages with made-up data for ten minutes.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TERN_DASHBOARD_PREVIEW"] != nil)) struct PreviewTests {
    @Test func `the pages can be looked at`() async throws {
        let port = try #require(ProcessInfo.processInfo.environment["TERN_DASHBOARD_PREVIEW"].flatMap(Int.init))
        try await TestSite.with(.full, port: port) { _ in try await Task.sleep(for: .seconds(600)) }
    }
}
