import Foundation
import Monitoring
import Synchronization
import TernKernel
import TernLog
import TernStats
import TernStore
import TernTables
import TernTestSupport
import Testing

/// An inference log in memory, with gaps between positions as the real one has.
final class MemoryLog: Sendable {
    private let entries = Mutex<[LoggedPrediction]>([])
    private let number = Mutex<Int64>(0)
    let lowWater = Mutex<Int64>(0)
    /// How many looks at the log from now on one fails, as if the server died there; 0 is never.
    let failing = Mutex<Int>(0)
    let profiles = Mutex<[Int: Profile]>([:])

    func next() -> Int64 {
        number.withLock {
            $0 += 1
            return $0
        }
    }

    @discardableResult func append(_ record: PredictionRecord) -> Int64 {
        entries.withLock { entries in
            let position = (entries.last?.position ?? 0) + 7
            entries.append(LoggedPrediction(position: position, record: record))
            return position
        }
    }

    var last: Int64 { entries.withLock { $0.last?.position ?? 0 } }

    var ports: MonitoringPorts {
        MonitoringPorts(
            read: { [self] endpoint, after, limit in
                let fails = failing.withLock { count in
                    count = max(0, count - 1)
                    return count == 1
                }
                if fails { throw TernError(.unavailable, "killed here") }
                return entries.withLock { Array($0.lazy.filter { $0.record.endpoint == endpoint && $0.position > after }.prefix(limit)) }
            },
            lastPosition: { [self] _ in last },
            find: { [self] id in
                let record = entries.withLock { entries in
                    entries.first { $0.record.prediction == id.prediction && $0.record.endpoint == id.endpoint && $0.record.variant.role != .shadow }
                }
                return record.map {
                    PredictionReference(
                        prediction: id.prediction, rows: $0.record.rows, first: $0.record.eventTimes.min() ?? $0.record.at,
                        last: $0.record.eventTimes.max() ?? $0.record.at)
                }
            },
            endpoints: { ["price"] }, parquetFiles: { _ in [] }, setLowWater: { [self] _, position in lowWater.withLock { $0 = position } },
            profile: { [self] _, version in
                profiles.withLock { $0[version] }
            })
    }
}

/// Numbers that look random and are the same in every run.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }

    mutating func normal() -> Double { (-2 * log(max(uniform(), 1e-12))).squareRoot() * cos(2 * .pi * uniform()) }
}

let admin = Identity(name: "ada", role: .admin)
let start = Timestamp(milliseconds: 0) + .days(9996)  // 1997-05-15, a Thursday: the beginning of a week-long window

/// An endpoint `price` that is asked half-hourly, a day at a time.
struct World {
    let database: Database
    let log = MemoryLog()
    let clock: ManualClock
    private(set) var service: MonitoringService

    static func with(_ declaration: MonitorDeclaration?, _ body: (inout World) async throws -> Void) async throws {
        try await withDatabase(MonitoringRoom.migrations, from: ManualClock.usual) { database, clock in
            var world = World(database: database, clock: clock)
            if let declaration { try await world.service.apply([declaration], by: admin) }
            world.log.profiles.withLock { $0 = [1: World.reference(), 2: World.reference()] }
            try await body(&world)
        }
    }

    init(database: Database, clock: ManualClock) {
        self.database = database
        self.clock = clock
        service = World.service(database, log, clock)
    }

    private static func service(_ database: Database, _ log: MemoryLog, _ clock: ManualClock) -> MonitoringService {
        MonitoringService(database: database, tables: TableEngine(), ports: log.ports, folder: NSTemporaryDirectory(), clock: clock.wall)
    }

    mutating func restart() { service = World.service(database, log, clock) }

    func settle() async throws {
        for _ in 0..<20 where try await service.advance("price") {}
        #expect(try await !service.advance("price"), "nothing more to do")
    }

    static func columns(day: Int, rows: Int = 48, shift: Double = 0) -> [Column] {
        var dice = Dice(UInt64(day) &* 7919 &+ 17)
        return [
            Column("vic_price", .double((0..<rows).map { _ in dice.normal() + shift })),
            Column("region", .text((0..<rows).map { _ in dice.uniform() < 0.5 + shift / 10 ? "north" : "south" })),
            Column("still", .int(Array(repeating: 3, count: rows))),
        ]
    }

    /// Even rows are answered 1 with score 0.9, odd ones 0 with 0.1.
    static func outputs(rows: Int = 48) -> [Column] {
        [
            Column("predicted", .text((0..<rows).map { $0 % 2 == 0 ? "1" : "0" })),
            Column("score", .double((0..<rows).map { $0 % 2 == 0 ? 0.9 : 0.1 })),
        ]
    }

    static func reference() -> Profile {
        var profile = Profile(rows: 200 * 48)
        for day in 10_000..<10_200 {
            for column in columns(day: day) + outputs() {
                if let numbers = column.numbers {
                    var part = profile.columns[column.name] ?? ColumnProfile(.numeric)
                    for number in numbers { part.add(number) }
                    profile.columns[column.name] = part
                } else {
                    var part = profile.columns[column.name] ?? ColumnProfile(.categorical)
                    for text in column.texts { part.add(text) }
                    profile.columns[column.name] = part
                }
            }
        }
        return profile
    }

    /// One day's request; the answer is logged for `variant` and each shadow.
    @discardableResult
    func ask(
        day: Int, rows: Int = 48, shift: Double = 0, version: Int = 1, role: VariantRole = .primary, shadows: [String] = [], error: String? = nil,
        latency: Int64 = 1000, inputs: [Column]? = nil, outputs: [Column]? = nil
    ) -> Int64 {
        let number = log.next()
        let times = (0..<rows).map { start + .days(Int64(day)) + .minutes(Int64($0) * 30) }
        func record(_ variant: VariantReference, _ error: String?) -> PredictionRecord {
            PredictionRecord(
                prediction: number, endpoint: "price", variant: variant, at: clock.wall.now(), eventTimes: times, rows: rows,
                latencyMicroseconds: latency, error: error, inputs: inputs ?? World.columns(day: day, rows: rows, shift: shift),
                outputs: error == nil ? outputs ?? World.outputs(rows: rows) : [])
        }
        log.append(record(VariantReference(name: "v\(version)", role: role, model: "direction", version: version), error))
        for shadow in shadows { log.append(record(VariantReference(name: shadow, role: .shadow, model: "direction", version: 1), nil)) }
        return number
    }

    /// Labels a whole day, every row right but the first `wrong` ones of each class.
    func label(_ prediction: Int64, rows: Int = 48, wrong: Int = 0) async throws {
        let values = (0..<rows).map { row -> JSON in
            let right = row % 2 == 0 ? 1 : 0
            return .int(Int64(row / 2 < wrong ? 1 - right : right))
        }
        _ = try await service.feedback(prediction: "price-\(prediction)", values: values, by: admin)
    }

    func ledger(_ kind: String) async throws -> [LedgerEntry] {
        try await LedgerStore(database).entries(LedgerFilter(kind: kind, limit: 1000))
    }
}

extension MonitorDeclaration {
    static func drift(windows: Int = 1, columns: [String]? = nil) -> MonitorDeclaration {
        MonitorDeclaration(endpoint: "price", owner: "grid@example.com", drift: DriftMonitor(window: .days(7), windows: windows, columns: columns))
    }

    static func quality(_ metric: String = "f1", atLeast: Double = 0.7, windows: Int = 1) -> MonitorDeclaration {
        MonitorDeclaration(
            endpoint: "price", owner: "grid@example.com",
            quality: QualityMonitor(metric: metric, atLeast: atLeast, labelsWithin: .days(2), window: .days(7), windows: windows))
    }
}
