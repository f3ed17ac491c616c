import Foundation
import Synchronization
import TernKernel
import TernLog
import TernTestSupport
import Testing

/// An archive that keeps the tables in memory and a mark on disk.
final class MemoryArchive: Sendable {
    let tables = Mutex<[String: [Column]]>([:])
    let failing = Mutex(false)

    var archive: LogArchive {
        LogArchive(
            write: { [self] columns, path in
                if failing.withLock({ $0 }) { throw TernError(.resourceExhausted, "full") }
                try Data("parquet".utf8).write(to: URL(fileURLWithPath: path))
                tables.withLock { $0[path.replacing(".partial", with: "")] = columns }
            },
            references: { [self] path in
                guard case .int(let numbers)? = tables.withLock({ $0[path]?.first?.values }) else { return [] }
                return Dictionary(grouping: numbers.compactMap { $0 }) { $0 }
                    .map {
                        PredictionReference(
                            prediction: $0.key, rows: $0.value.count, first: Timestamp(milliseconds: 0), last: Timestamp(milliseconds: 0))
                    }
            })
    }
}

@Suite struct CompactionTests {
    @Test func `after compaction every record is in Parquet and still readable`() async throws {
        try await withTemporaryFolder { folder in
            let memory = MemoryArchive()
            let log = try InferenceLog(folder: folder, archive: memory.archive)
            for number in 1...3 { try log.append(record(Int64(number), rows: 2, hour: 5)) }
            try await log.compact(endpoint: "price", includingOpen: false)
            #expect(log.parquetFiles(endpoint: "price").isEmpty)
            try await log.compact(endpoint: "price", includingOpen: true)
            let file = try #require(log.parquetFiles(endpoint: "price").first)
            let columns = try #require(memory.tables.withLock { $0[file] })
            #expect(
                columns.map(\.name).prefix(11) == [
                    "tern_prediction", "tern_row", "tern_id", "tern_at", "tern_event_time", "tern_variant", "tern_role", "tern_model", "tern_version",
                    "tern_latency_us", "tern_error",
                ])
            #expect(columns.map(\.name).dropFirst(11) == ["demand", "day", "out_label", "tern_predicted", "tern_score"])
            #expect(columns.allSatisfy { $0.count == 6 })
            #expect(columns[2].texts == ["price-1.0", "price-1.1", "price-2.0", "price-2.1", "price-3.0", "price-3.1"])
            #expect(try log.read(endpoint: "price", after: 0, limit: 10).count == 3)
            try await log.compact(endpoint: "price", includingOpen: true)
            #expect(log.parquetFiles(endpoint: "price").count == 1)
        }
    }

    @Test func `a compacted segment goes when it is below the low-water mark, and its ids are still known after a restart`() async throws {
        try await withTemporaryFolder { folder in
            let memory = MemoryArchive()
            do {
                let log = try InferenceLog(folder: folder, archive: memory.archive)
                try log.append(record(1, rows: 7))
                let first = log.lastPosition(endpoint: "price")
                try await log.compact(endpoint: "price", includingOpen: true)
                try log.append(record(2))
                log.setLowWater(endpoint: "price", log.lastPosition(endpoint: "price"))
                #expect(try segments(in: folder).count == 1)
                #expect(try log.read(endpoint: "price", after: 0, limit: 10).map(\.record.prediction) == [2])
                #expect(try log.read(endpoint: "price", after: first, limit: 10).map(\.record.prediction) == [2])
            }
            let log = try InferenceLog(folder: folder, archive: memory.archive)
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 1, row: 6))?.rows == 7)
            #expect(try log.nextPrediction(endpoint: "price") == 3)
            #expect(log.statistics(endpoint: "price").records == 2)
        }
    }

    @Test func `a failed compaction leaves nothing behind and can be repeated`() async throws {
        try await withTemporaryFolder { folder in
            let memory = MemoryArchive()
            let log = try InferenceLog(folder: folder, archive: memory.archive)
            try log.append(record(1))
            memory.failing.withLock { $0 = true }
            await #expect(throws: TernError.self) { try await log.compact(endpoint: "price", includingOpen: true) }
            #expect(log.parquetFiles(endpoint: "price").isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/price").allSatisfy { !$0.hasSuffix(".partial") })
            memory.failing.withLock { $0 = false }
            try await log.compact(endpoint: "price", includingOpen: true)
            #expect(log.parquetFiles(endpoint: "price").count == 1)
        }
    }

    @Test func `columns of different model versions are put together by name`() async throws {
        try await withTemporaryFolder { folder in
            let memory = MemoryArchive()
            let log = try InferenceLog(folder: folder, archive: memory.archive)
            try log.append(record(1, inputs: [Column("a", .int([1])), Column("kind", .int([4])), Column("A", .double([2]))], outputs: []))
            try log.append(
                record(2, inputs: [Column("a", .double([2.5])), Column("kind", .text(["x"])), Column("tern_row", .int([9]))], outputs: []))
            try log.append(record(3, error: "broke", inputs: []))
            try await log.compact(endpoint: "price", includingOpen: true)
            let columns = Dictionary(
                uniqueKeysWithValues: try #require(memory.tables.withLock { $0.values.first }).map { ($0.name, $0.values) })
            #expect(columns["a"] == .double([1, 2.5, nil]))
            #expect(columns["kind"] == .text(["4", "x", nil]))
            #expect(columns["A_2"] == .double([2, nil, nil]))
            #expect(columns["tern_row_2"] == .int([nil, 9, nil]))
            #expect(columns["tern_error"] == .text([nil, nil, "broke"]))
        }
    }
}
