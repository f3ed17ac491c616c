import Foundation

/// Where the present moment comes from; tests put a fixed one in its place.
package struct WallClock: Sendable {
    package var now: @Sendable () -> Timestamp

    package init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    package static let system = WallClock { Timestamp(Date()) }
}
