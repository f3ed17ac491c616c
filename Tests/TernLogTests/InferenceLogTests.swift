import Foundation
import TernKernel
import TernLog
import TernTestSupport
import Testing

@Suite struct InferenceLogTests {
    @Test func `what was appended is read back in order and by position`() async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            var positions: [Int64] = []
            for number in 1...20 { positions.append(try log.append(record(Int64(number), rows: number % 3 + 1, hour: Int64(number)))) }
            #expect(positions == positions.sorted() && Set(positions).count == 20)
            let all = try log.read(endpoint: "price", after: 0, limit: 100)
            #expect(all.map(\.record) == (1...20).map { record(Int64($0), rows: $0 % 3 + 1, hour: Int64($0)) })
            #expect(all.map(\.position) == positions)
            #expect(try log.read(endpoint: "price", after: positions[7], limit: 3).map(\.record.prediction) == [9, 10, 11])
            #expect(try log.read(endpoint: "price", after: log.lastPosition(endpoint: "price"), limit: 3).isEmpty)
            #expect(try log.read(endpoint: "nothing", after: 0, limit: 3).isEmpty)
            #expect(log.statistics(endpoint: "price").records == 20)
        }
    }

    @Test func `a process that dies without closing loses nothing and reuses no number or position`() async throws {
        try await withTemporaryFolder { folder in
            let last: Int64
            do {
                let first = try InferenceLog(folder: folder)
                for _ in 1...5 { try first.append(record(first.nextPrediction(endpoint: "price"), hour: 7)) }
                last = first.lastPosition(endpoint: "price")
            }
            let second = try InferenceLog(folder: folder)
            #expect(second.endpoints() == ["price"])
            #expect(try second.read(endpoint: "price", after: 0, limit: 100).map(\.record.prediction) == [1, 2, 3, 4, 5])
            #expect(try second.nextPrediction(endpoint: "price") == 6)
            #expect(second.clock(endpoint: "price") == Timestamp(milliseconds: 7 * 3_600_000))
            #expect(try second.append(record(6)) > last)
            #expect(try await second.find(PredictionID(endpoint: "price", prediction: 3))?.rows == 1)
        }
    }

    @Test func `a torn tail is cut at open and the whole records before it stay`() async throws {
        try await withTemporaryFolder { folder in
            do {
                let log = try InferenceLog(folder: folder)
                for number in 1...5 { try log.append(record(Int64(number))) }
            }
            let path = try #require(try segments(in: folder).first)
            let whole = try #require(FileManager.default.contents(atPath: path))
            for cut in [1, 7, 9, 40] {
                try whole.dropLast(cut).write(to: URL(fileURLWithPath: path))
                try? FileManager.default.removeItem(atPath: path.replacing(".log", with: ".json"))
                let log = try InferenceLog(folder: folder)
                #expect(try log.read(endpoint: "price", after: 0, limit: 100).map(\.record.prediction) == [1, 2, 3, 4])
            }
        }
    }

    @Test func `garbage behind the last record or a flipped byte inside one costs only what it hit`() async throws {
        try await withTemporaryFolder { folder in
            var positions: [Int64] = []
            do {
                let log = try InferenceLog(folder: folder)
                for number in 1...5 { positions.append(try log.append(record(Int64(number)))) }
            }
            let path = try #require(try segments(in: folder).first)
            var bytes = try #require(FileManager.default.contents(atPath: path))
            bytes[Int(positions[1] & 0xFFFF_FFFF) + 20] ^= 0xFF
            bytes.append(contentsOf: (0..<500).map { _ in UInt8.random(in: 0...255) })
            try bytes.write(to: URL(fileURLWithPath: path))
            let log = try InferenceLog(folder: folder)
            #expect(try log.read(endpoint: "price", after: 0, limit: 100).map(\.record.prediction) == [1, 2, 4, 5])
        }
    }

    @Test func `files that are not segments do no harm`() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/price", withIntermediateDirectories: true)
            try Data("hello".utf8).write(to: URL(fileURLWithPath: folder + "/price/00000001.log"))
            try Data("a whole text that is not a log".utf8).write(to: URL(fileURLWithPath: folder + "/price/00000002.log"))
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/price/00000003.json"))
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/price/notes.txt"))
            let log = try InferenceLog(folder: folder)
            #expect(log.lastPosition(endpoint: "price") == 0)
            let position = try log.append(record(1))
            #expect(try log.read(endpoint: "price", after: 0, limit: 5).map(\.position) == [position])
        }
    }

    @Test func `many writers at once lose nothing`() async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<200 { try log.append(record(log.nextPrediction(endpoint: "price"))) } }
                }
                try await group.waitForAll()
            }
            let all = try log.read(endpoint: "price", after: 0, limit: 10_000)
            #expect(Set(all.map(\.record.prediction)) == Set(1...1600))
            #expect(all.map(\.position) == all.map(\.position).sorted())
        }
    }

    @Test func `a large request rolls the segment and reads on over the seam`() async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            let wide = [Column("x", .double((0..<600_000).map { Double($0) / 3 }))]
            for number in 1...4 { try log.append(record(Int64(number), rows: 600_000, inputs: wide, outputs: [])) }
            #expect(try segments(in: folder).count == 2)
            var position: Int64 = 0
            var seen: [Int64] = []
            while let entry = try log.read(endpoint: "price", after: position, limit: 1).first {
                seen.append(entry.record.prediction)
                #expect(entry.record.inputs == wide)
                position = entry.position
            }
            #expect(seen == [1, 2, 3, 4])
        }
    }

    @Test func `names that cannot be files are escaped and found again`() async throws {
        try await withTemporaryFolder { folder in
            let strange = "../ price/ü%.x"
            try InferenceLog(folder: folder).append(record(1, endpoint: strange))
            let log = try InferenceLog(folder: folder)
            #expect(log.endpoints() == [strange])
            #expect(try log.read(endpoint: strange, after: 0, limit: 5).count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
        }
    }

    @Test func `followers hear of each endpoint, once for many records`() async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            let stream = log.follow()
            for number in 1...10 {
                try log.append(record(Int64(number)))
                try log.append(record(Int64(number), endpoint: "other"))
            }
            log.close()
            var heard: [String] = []
            for await endpoint in stream { heard.append(endpoint) }
            #expect(heard == ["price", "other"])
        }
    }
}
