import Foundation
import Monitoring
import TernKernel
import TernLog
import TernStore
import TernTables
import TernTestSupport
import Testing

/// The report, latency and labelled tables, on the real log and DuckDB.
@Suite struct HistoryTests {
    private static let primary = VariantReference(name: "v1", role: .primary, model: "direction", version: 1)
    private static let canary = VariantReference(name: "v2", role: .canary, model: "direction", version: 2)
    private static let alone = VariantReference(name: "alone", role: .shadow, model: "direction", version: 1)

    private func record(
        _ number: Int64, _ variant: VariantReference, day: Int64, _ predicted: [String], latency: Int64 = 1000, error: String? = nil
    ) -> PredictionRecord {
        PredictionRecord(
            prediction: number, endpoint: "price", variant: variant, at: start + .days(100),
            eventTimes: predicted.indices.map { start + .days(day) + .hours(Int64($0)) },
            rows: predicted.count, latencyMicroseconds: latency, error: error,
            inputs: [
                Column("demand", .double(predicted.indices.map { Double(number) + Double($0) / 10 })),
                Column("weekday", .int(predicted.map { _ in number })),
            ],
            outputs: error == nil ? [Column("predicted", .text(predicted))] : [])
    }

    private func withHistory(_ body: (MonitoringService, String) async throws -> Void) async throws {
        try await withDatabase(MonitoringRoom.migrations) { database in
            try await withTemporaryFolder { folder in try await fill(database, folder, body) }
        }
    }

    private func fill(_ database: Database, _ folder: String, _ body: (MonitoringService, String) async throws -> Void) async throws {
        let tables = TableEngine()
        let log = try InferenceLog(folder: folder + "/log", tables: tables)
        defer { log.close() }
        let service = MonitoringService(
            database: database, tables: tables, ports: MonitoringPorts(log: log, profile: { _, _ in nil }), folder: folder)
        #expect(try await service.report("price", window: .days(60)) == [])
        #expect(try await service.latency("price") == EndpointLatency(requests: 0))

        try log.append(record(1, HistoryTests.primary, day: 0, ["1", "1", "0", "0"], latency: 1000))
        try log.append(record(1, HistoryTests.alone, day: 0, ["0", "0", "0", "0"], latency: 90_000))
        // The canary fails, the primary answers instead.
        try log.append(record(2, HistoryTests.canary, day: 1, ["1", "0"], latency: 70_000, error: "boom"))
        try log.append(record(2, HistoryTests.primary, day: 1, ["1", "0"], latency: 2000))
        try log.append(record(3, HistoryTests.canary, day: 10, ["1", "1"], latency: 3000))
        try log.append(record(4, HistoryTests.primary, day: 11, ["1"], latency: 80_000, error: "nobody could"))
        _ = try await service.feedback(prediction: "price-1", values: [1, 0, 1, .null], by: admin)
        _ = try await service.feedback(prediction: "price-2", values: [true, false], by: admin)
        _ = try await service.feedback(prediction: "price-3", values: ["1", 1.0], by: admin)
        try await body(service, folder)
    }

    @Test func `the report is what can be counted by hand`() async throws {
        try await withHistory { service, _ in
            let windows = try await service.report("price", window: .days(10))
            try #require(windows.count == 2)
            #expect(windows.map(\.from) == [start, start + .days(10)])
            #expect(windows.map(\.requests) == [2, 1])
            #expect(windows.map(\.failed) == [0, 1])
            #expect(windows.map(\.rows) == [6, 2])
            let kept = try #require(windows[0].variants["kept"])
            // TP: 1.0, 2.0. FP: 1.1. FN: 1.2. TN: 2.1.
            #expect(kept.rows == 6 && kept.labelled == 5)
            #expect(kept.precision == 2.0 / 3)
            #expect(kept.recall == 2.0 / 3)
            #expect(kept.f1 == 4.0 / 6)
            #expect(kept.accuracy == 3.0 / 5)
            let alone = try #require(windows[0].variants["alone"])
            #expect(alone == ReportVariant(rows: 4, labelled: 3, f1: 0, precision: 0, recall: 0, accuracy: 1.0 / 3))
            #expect(windows[1].variants["kept"] == ReportVariant(rows: 2, labelled: 2, f1: 1, precision: 1, recall: 1, accuracy: 1))
            #expect(windows[1].variants["alone"] == ReportVariant(rows: 0, labelled: 0, f1: nil, precision: nil, recall: nil, accuracy: nil))

            let later = try await service.report("price", window: .days(60), from: start + .days(1), to: start + .days(10))
            #expect(later.map(\.requests) == [1])
            #expect(later.map(\.to) == [start + .days(10)])
        }
    }

    @Test func `latency is of answers only`() async throws {
        try await withHistory { service, _ in
            let latency = try await service.latency("price")
            #expect(latency == EndpointLatency(requests: 3, p50: 2, p99: 3))
        }
    }

    @Test func `a labelled table holds time, features and whole-number target of answered rows, in order`() async throws {
        try await withHistory { service, folder in
            let path = folder + "/train.parquet"
            let rows = try await service.labelledTable("price", from: start, to: start + .days(20), target: "up", timeColumn: "settled_at", to: path)
            #expect(rows == 7)
            let columns = try await TableEngine().readColumns(of: path)
            #expect(columns.map(\.name) == ["settled_at", "demand", "weekday", "up"])
            #expect(columns.map(\.type) == ["time", "double", "int", "int"])
            #expect(columns[1].values == .double([1, 1.1, 1.2, 2, 2.1, 3, 3.1]))
            #expect(columns[3].values == .int([1, 0, 1, 1, 0, 1, 1]))
            #expect(columns[0].values == .time([0, 1, 2, 24, 25, 240, 241].map { start + .hours($0) }))

            _ = try await service.feedback([FeedbackItem(id: "price-3.0", value: "high")], by: admin)
            _ = try await service.labelledTable("price", from: start + .days(10), to: start + .days(20), target: "up", timeColumn: nil, to: path)
            let texts = try await TableEngine().readColumns(of: path)
            #expect(texts.map(\.name) == ["demand", "weekday", "up"])
            #expect(texts.last?.values == .text(["high", "1"]))

            let error = await #expect(throws: TernError.self) {
                try await service.labelledTable("price", from: start + .days(30), to: start + .days(40), target: "up", timeColumn: nil, to: path)
            }
            #expect(error?.code == .notFound)
        }
    }
}
