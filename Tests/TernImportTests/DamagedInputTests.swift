import Foundation
import TernKernel
import TernTestSupport
import Testing

@testable import TernImport

/// What every parser does with bytes that somebody damaged: it keeps what is whole or says what is wrong, and never crashes.
struct DamagedInputTests {
    /// Truncations and single flipped bits, the same ones each time.
    private func damaged(_ bytes: [UInt8], _ count: Int = 300) -> [[UInt8]] {
        var seed: UInt64 = 42
        func next(_ limit: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % max(1, limit)
        }
        return (0..<count).map { index in
            if index % 3 == 0 { return Array(bytes.prefix(next(bytes.count))) }
            var copy = bytes
            for _ in 0..<(index % 3) { copy[next(copy.count)] ^= 1 << UInt8(next(8)) }
            return copy
        }
    }

    private func each(_ bytes: [UInt8], named name: String, _ body: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/" + name
            for version in damaged(bytes) {
                try Data(version).write(to: URL(fileURLWithPath: path))
                do {
                    try await body(path)
                } catch let error as TernError {
                    #expect([.invalidArgument, .notFound, .dataLoss, .tooLarge].contains(error.code), "\(error)")
                }
            }
        }
    }

    @Test func `a damaged wandb log is read as far as it goes`() async throws {
        let whole = WandbSample.log((0..<400).map { WandbSample.history(step: $0, ["loss": "\(Double($0) / 3)", "nan": "NaN"]) })
        try await withTemporaryFolder { folder in
            try Data(whole).write(to: URL(fileURLWithPath: folder + "/run-x.wandb"))
            let source = try WandbFolder(path: folder)
            let run = try await #require(source.allRuns().first)
            let points = try await source.allPoints(of: run)
            #expect(points["loss"]?.count == 400 && points["nan"]?.allSatisfy(\.value.isNaN) == true)
            #expect(points["loss"]?.last == .init(timestamp: 0, step: 399, value: 133))
        }
        try await each(whole, named: "run-x.wandb") { path in
            let source = try WandbFolder(path: path)
            for run in try await source.allRuns() { #expect(try await source.allPoints(of: run).values.allSatisfy { $0.count <= 400 }) }
        }
    }

    @Test func `a damaged event file names the byte`() async throws {
        let whole = (0..<200).flatMap { EventSample.record(EventSample.scalar("loss", Float($0), step: $0)) }
        try await each(whole, named: "events.out.tfevents.1.host") { path in
            do {
                let source = try TensorBoardFolder(path: (path as NSString).deletingLastPathComponent)
                for run in try await source.allRuns() { #expect(try await source.allPoints(of: run).values.allSatisfy { $0.count <= 200 }) }
            } catch let error as TernError where error.code == .invalidArgument {
                #expect(error.message.contains("events.out.tfevents.1.host"), "\(error)")
            }
        }
    }

    @Test func `a damaged YAML file is named`() async throws {
        let meta = "artifact_uri: file:///x\nexperiment_id: '0'\nlifecycle_stage: active\nname: Default\ncreation_time: 5\nlast_update_time: 6\n"
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/0", withIntermediateDirectories: true)
            for version in damaged(Array(meta.utf8)) {
                try Data(version).write(to: URL(fileURLWithPath: folder + "/0/meta.yaml"))
                do {
                    let found = try await MLflowFolder(path: folder).experiments()
                    #expect(found.count == 1)
                } catch let error as TernError {
                    #expect(error.code == .invalidArgument && error.message.contains("meta.yaml"), "\(error)")
                }
            }
        }
    }

    @Test func `a damaged metric file names file and line`() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/0/r1/metrics", withIntermediateDirectories: true)
            try "experiment_id: '0'\nname: Default\n".write(toFile: folder + "/0/meta.yaml", atomically: true, encoding: .utf8)
            try "run_id: r1\nstatus: 3\n".write(toFile: folder + "/0/r1/meta.yaml", atomically: true, encoding: .utf8)
            let file = folder + "/0/r1/metrics/loss"
            try "1 0.5 0\n2 nan 1\n3 inf 2\n4 1e-3\n5 2 3 data 1a2b".write(toFile: file, atomically: true, encoding: .utf8)
            let source = try MLflowFolder(path: folder)
            let run = try await #require(source.allRuns().first)
            let points = try #require(try await source.allPoints(of: run)["loss"])
            #expect(points.map(\.timestamp) == [1, 2, 3, 4, 5] && points.map(\.step) == [0, 1, 2, 0, 3])
            #expect(points[1].value.isNaN && points[2].value == .infinity)
            try "1 0.5 0\n1 what 0\n".write(toFile: file, atomically: true, encoding: .utf8)
            let error = await #expect(throws: TernError.self) { try await source.allPoints(of: run) }
            #expect(error?.message.contains("metrics/loss, line 2") == true)
        }
    }

    @Test func `damaged metric points on the wire are refused`() throws {
        let blocks = [
            PointBlock(
                run: "r", key: "ü/loss", points: [.init(timestamp: 1, step: -2, value: -0.0), .init(timestamp: 3, step: 4, value: .infinity)]),
            PointBlock(run: "s", key: "", points: []),
        ]
        let bytes = try PointBlock.encode(blocks)
        #expect(try bytes.withUnsafeBytes { try PointBlock.decode($0) } == blocks)
        for version in damaged(bytes) { _ = try? version.withUnsafeBytes { try PointBlock.decode($0) } }
        for length in 1..<bytes.count where length != bytes.count - 9 {
            #expect(throws: TernError.self) { try Array(bytes.prefix(length)).withUnsafeBytes { try PointBlock.decode($0) } }
        }
    }

    @Test func `a damaged archive is refused`() async throws {
        // The smallest archive there is: nothing in it.
        let empty: [UInt8] = [0x50, 0x4B, 5, 6] + Array(repeating: 0, count: 18)
        try await each(empty, named: "x.zip") { path in _ = try await CometArchives(paths: [path]) }
    }

    @Test func `a damaged export is refused`() async throws {
        try await withTemporaryFolder { folder in
            try #"{"format": 2}"#.write(toFile: folder + "/tern-export.json", atomically: true, encoding: .utf8)
            #expect(throws: TernError.self) { try TernExport(path: folder) }
            try #"{"format": 1}"#.write(toFile: folder + "/tern-export.json", atomically: true, encoding: .utf8)
            let unfinished = #expect(throws: TernError.self) { try TernExport(path: folder) }
            #expect(unfinished?.message.contains("checksums.sha256") == true)
            try FileManager.default.createDirectory(atPath: folder + "/experiments/0", withIntermediateDirectories: true)
            try "{}".write(toFile: folder + "/experiments/0/experiment.json", atomically: true, encoding: .utf8)
            try "\(Digest(of: "other").hex)  experiments/0/experiment.json\n".write(
                toFile: folder + "/checksums.sha256", atomically: true, encoding: .utf8)
            let changed = await #expect(throws: TernError.self) { try await TernExport(path: folder).experiments() }
            #expect(changed?.code == .dataLoss)
        }
    }
}

extension ImportSource {
    func allRuns() async throws -> [ImportedRun] {
        var runs: [ImportedRun] = []
        for experiment in try await experiments() { try await self.runs(of: experiment) { runs += $0 } }
        return runs
    }

    func allPoints(of run: ImportedRun) async throws -> [String: [PointBlock.Point]] {
        var points: [String: [PointBlock.Point]] = [:]
        try await self.points(of: run) { blocks in for block in blocks { points[block.key, default: []] += block.points } }
        return points
    }
}
