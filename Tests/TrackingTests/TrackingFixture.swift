import TernKernel
import TernStore
import TernTestSupport
import Testing

@testable import Tracking

let tester = Identity(name: "tester", role: .editor)

/// Runs a test with a tracking service of its own.
func withTracking(_ body: (TrackingService) async throws -> Void) async throws {
    try await withDatabase(TrackingRoom.migrations, clock: ManualClock().wall) { try await body(TrackingService(database: $0)) }
}

/// What an operation was refused with; nil when it was not.
func refusal(_ body: () async throws -> Void) async -> TernError? {
    do {
        try await body()
        return nil
    } catch {
        return TernError.wrap(error)
    }
}

extension MetricPoint {
    init(_ key: String, _ value: Double, at timestamp: Int64 = 1, step: Int64 = 0) {
        self.init(key: key, value: value, timestamp: timestamp, step: step)
    }
}
