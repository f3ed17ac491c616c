import TernKernel
import TernLog
import TernTables
import TernTestSupport
import Testing

@Suite struct ParquetTests {
    @Test func `compacted segments are Parquet that SQL reads, and ids are found in them when the binary is gone`() async throws {
        try await withTemporaryFolder { folder in
            let tables = TableEngine()
            let file: String
            do {
                let log = try InferenceLog(folder: folder, tables: tables)
                try log.append(record(1, rows: 48, hour: 100))
                try log.append(record(2, role: .shadow, rows: 3, hour: 200))
                try log.append(record(3, error: "it's broken"))
                try await log.compact(endpoint: "price", includingOpen: true)
                file = try #require(log.parquetFiles(endpoint: "price").first)
                try log.append(record(4))
                log.setLowWater(endpoint: "price", log.lastPosition(endpoint: "price"))
                #expect(try segments(in: folder).count == 1)
            }
            let types = Dictionary(uniqueKeysWithValues: try await tables.schema(of: file).map { ($0.name, $0.duckType) })
            #expect(
                types["tern_prediction"] == "BIGINT" && types["tern_event_time"]?.hasPrefix("TIMESTAMP") == true && types["tern_score"] == "DOUBLE")
            #expect(types["tern_id"] == "VARCHAR" && types["demand"] == "DOUBLE" && types["tern_predicted"] == "VARCHAR")
            let table = try await tables.query(
                "SELECT count(*) AS n, min(tern_event_time) AS first, max(demand) AS most FROM read_parquet(\(TableEngine.quoted(literal: file))) WHERE tern_role = 'primary' AND tern_error IS NULL"
            )
            #expect(table.value("n") == 48 && table.value("first") == "1970-01-05T04:00:00Z" && table.value("most") == 47.1)
            let log = try InferenceLog(folder: folder, tables: tables)
            let found = try #require(try await log.find(PredictionID(endpoint: "price", prediction: 1, row: 47)))
            #expect(
                found
                    == PredictionReference(
                        prediction: 1, rows: 48, first: Timestamp(milliseconds: 100 * 3_600_000), last: Timestamp(milliseconds: 147 * 3_600_000)))
            for number in 2...3 { #expect(try await log.find(PredictionID(endpoint: "price", prediction: Int64(number))) == nil) }
            #expect(try log.nextPrediction(endpoint: "price") == 5)
        }
    }
}
