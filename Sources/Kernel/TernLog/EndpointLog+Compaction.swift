import Foundation
import Synchronization
import TernKernel
import TernStore

extension EndpointLog {
    /// Turns closed segments into Parquet, one compaction at a time.
    func compact(includingOpen: Bool, archive: LogArchive) async throws {
        let task = compactions.withLock { last in
            let previous = last
            let task = Task {
                _ = await previous?.result
                try await self.compactNow(includingOpen: includingOpen, archive: archive)
            }
            last = task
            return task
        }
        try await task.value
    }

    private func compactNow(includingOpen: Bool, archive: LogArchive) async throws {
        if includingOpen { closeOpenSegment() }
        for segment in state.withLock({ $0.closed }) where !FileManager.default.fileExists(atPath: folder.parquet(segment.number)) {
            guard FileManager.default.fileExists(atPath: folder.binary(segment.number)) else { continue }
            let target = folder.parquet(segment.number)
            let partial = target + ".partial"
            do {
                try await archive.write(SegmentTable.columns(of: try records(of: segment)), partial)
                try DurableFile.sync(partial)
                try DurableFile.rename(partial, to: target)
            } catch {
                try? FileManager.default.removeItem(atPath: partial)
                throw error
            }
        }
        removeReadSegments()
    }

    func setLowWater(_ position: Int64) {
        state.withLock { $0.lowWater = max($0.lowWater, position) }
        removeReadSegments()
    }

    /// A binary segment may go when it is Parquet and nobody will read it again.
    private func removeReadSegments() {
        let (closed, lowWater) = state.withLock { ($0.closed, $0.lowWater) }
        for segment in closed where segment.lastPosition <= lowWater && FileManager.default.fileExists(atPath: folder.parquet(segment.number)) {
            // Without its summary the Parquet file could not be searched after the next start.
            guard FileManager.default.fileExists(atPath: folder.summary(segment.number)) || (try? folder.write(segment)) != nil else { continue }
            try? FileManager.default.removeItem(atPath: folder.binary(segment.number))
        }
    }

    var parquetFiles: [String] {
        state.withLock { $0.closed }.map { folder.parquet($0.number) }.filter { FileManager.default.fileExists(atPath: $0) }
    }
}
