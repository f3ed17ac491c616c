import TernKernel
import TernLog
import TernTestSupport
import Testing

@Suite struct FindTests {
    @Test func `an answered prediction is found with its rows and times, others are not`() async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            try log.append(record(1, rows: 48, hour: 10))
            try log.append(record(2, role: .shadow, rows: 3))
            try log.append(record(3, role: .canary, error: "model broke"))
            try log.append(record(3, rows: 2))
            let found = try #require(try await log.find(PredictionID(endpoint: "price", prediction: 1)))
            #expect(found.rows == 48)
            #expect(found.first == Timestamp(milliseconds: 10 * 3_600_000) && found.last == Timestamp(milliseconds: 57 * 3_600_000))
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 1, row: 47)) == found)
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 1, row: 48)) == nil)
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 2)) == nil)
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 3))?.rows == 2)
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 4)) == nil)
            #expect(try await log.find(PredictionID(endpoint: "elsewhere", prediction: 1)) == nil)
        }
    }

    @Test func `numbers far apart or out of order are found too`() async throws {
        try await withTemporaryFolder { folder in
            let log = try InferenceLog(folder: folder)
            let numbers: [Int64] = [500, 499, 501, 1, .max, 502, 90_000]
            for number in numbers { try log.append(record(number)) }
            for number in numbers { #expect(try await log.find(PredictionID(endpoint: "price", prediction: number))?.prediction == number) }
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 498)) == nil)
        }
    }

    @Test func `predictions of many earlier runs are found in their segments`() async throws {
        try await withTemporaryFolder { folder in
            for _ in 1...9 {
                let log = try InferenceLog(folder: folder)
                for _ in 1...3 { try log.append(record(log.nextPrediction(endpoint: "price"))) }
            }
            let log = try InferenceLog(folder: folder)
            for number in 1...27 { #expect(try await log.find(PredictionID(endpoint: "price", prediction: Int64(number))) != nil) }
            #expect(try await log.find(PredictionID(endpoint: "price", prediction: 28)) == nil)
        }
    }
}
