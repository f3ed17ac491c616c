import Foundation
import TernKernel
import Testing

@testable import Policies

@Suite struct AlertmanagerBodyTests {
    private func captures() throws -> [JSON] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/webhook_capture.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    private func shape(_ json: JSON) -> [String: String] {
        (json.objectValue ?? [:]).mapValues { value in
            switch value {
            case .null: "null"
            case .bool: "bool"
            case .int, .double: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        }
    }

    @Test func `the fingerprint is Prometheus' own`() throws {
        for capture in try captures() {
            let alert = try #require(capture["body"]?["alerts"]?[0])
            let labels = try #require(alert["labels"]?.objectValue).compactMapValues(\.stringValue)
            #expect(AlertmanagerBody.fingerprint(labels) == alert["fingerprint"]?.stringValue)
        }
    }

    @Test func `the body has the fields and types that Alertmanager sends`() throws {
        let body = AlertmanagerBody.json([alert("a", column: "nswprice")], endpoint: "price", externalURL: "http://127.0.0.1:5000")
        let captured = try #require(try captures().first?["body"])
        #expect(shape(body) == shape(captured))
        #expect(shape(try #require(body["alerts"]?[0])) == shape(try #require(captured["alerts"]?[0])))
        #expect(body["version"] == "4" && body["status"] == "firing")
        #expect(body["alerts"]?[0]?["endsAt"] == "0001-01-01T00:00:00Z")
        #expect(body["alerts"]?[0]?["labels"]?["alertname"] == "TernDrift")
        #expect(body["alerts"]?[0]?["labels"]?["column"] == "nswprice")
        #expect(body["alerts"]?[0]?["generatorURL"] == "http://127.0.0.1:5000/endpoints/price")
        #expect(body["commonLabels"] == body["alerts"]?[0]?["labels"])
    }

    @Test func `a group fires as long as one of it does, and shares what all have`() {
        let alerts = [alert("a", "prediction_drift"), alert("b", "quality", resolved: 3)]
        let body = AlertmanagerBody.json(alerts, endpoint: "price", externalURL: "http://x")
        #expect(body["status"] == "firing")
        #expect(body["alerts"]?[1]?["status"] == "resolved")
        #expect(body["alerts"]?[1]?["endsAt"] == "2023-11-14T22:14:20Z")
        #expect(body["alerts"]?[0]?["labels"]?["alertname"] == "TernPredictionDrift")
        #expect(body["commonLabels"] == ["endpoint": "price", "owner": "grid", "severity": "warning"])
        #expect(AlertmanagerBody.json([alerts[1]], endpoint: "price", externalURL: "http://x")["status"] == "resolved")
    }
}
